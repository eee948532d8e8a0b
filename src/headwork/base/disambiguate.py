"""Word senses: which classes are senses of which word, and what a run and a comparison of disambiguators write down.

A class is called by its word and its sense, as in "duck: bird", so that two words may have a sense of one name.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

import msgspec
import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.results import Calibrated, ClassScore, Compared, Cut, Difference, Finished, Latency, Standing

PARTED_BY = ": "
SHOWN_WORDS = 10
"""in an error"""


def class_name(word: str, sense: str) -> str:
    return f"{word}{PARTED_BY}{sense}"


def word_of(name: str) -> str:
    return name.partition(PARTED_BY)[0]


def sense_of(name: str) -> str:
    return name.partition(PARTED_BY)[2]


class Inventory:
    """The senses of each word, by the names of their classes."""

    def __init__(self, classes: Iterable[str]):
        self.classes = list(classes)

    @cached_property
    def words(self) -> list[str]:
        return list(dict.fromkeys(map(word_of, self.classes)))

    @cached_property
    def of_class(self) -> np.ndarray:
        """(C,) int64 number of the word that each class is a sense of."""
        return np.array([self.words.index(word_of(name)) for name in self.classes], dtype=np.int64)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.words)}

    def numbers(self, words: Sequence[str]) -> np.ndarray:
        """(n,) int64 numbers of words; HeadworkError for one of which no sense was learnt."""
        for word in words:
            if word not in self._numbers:
                known = ", ".join(self.words[:SHOWN_WORDS]) + (", …" if len(self.words) > SHOWN_WORDS else "")
                raise HeadworkError(f"{word!r:.60}: no sense of this word was learnt; those that were are of {known}")
        return np.array([self._numbers[word] for word in words], dtype=np.int64)

    def senses(self, word: str) -> list[int]:
        """The classes of one word."""
        return np.flatnonzero(self.of_class == self.numbers([word])).tolist()

    def possible(self, words: Sequence[str]) -> np.ndarray:
        """(n, C) which classes are senses of each word."""
        return self.numbers(words)[:, None] == self.of_class


class SenseRun(Finished, frozen=True, kw_only=True, tag="disambiguate"):
    """result.json of a run. `scores` are accuracy, macro_f1 and word_accuracy."""

    dev_score: float
    """accuracy"""
    scores: dict[str, float]
    temperature: float
    latency: Latency
    """of texts with a marked word"""
    cut: Cut
    chosen: str = ""
    """what the dev side decided, in words"""


class SensePoint(msgspec.Struct, frozen=True, array_like=True):
    """A marked word on the plane of a map."""

    x: float
    y: float
    sense: int


class SenseMap(msgspec.Struct, frozen=True, kw_only=True):
    """The vectors of one word along the first two principal components of its training vectors."""

    word: str
    senses: list[str]
    explained: tuple[float, float]
    """shares of the variance of the training vectors"""
    train: list[SensePoint]
    test: list[SensePoint]


class SenseMaps(msgspec.Struct, frozen=True, kw_only=True):
    """senses.json of a run."""

    of: str
    """what the vectors are"""
    maps: list[SenseMap]


class SenseStanding(Standing, frozen=True, kw_only=True):
    """One row of a comparison; scores as in `SenseRun`."""

    latency: Latency
    cut: Cut
    calibrated: Calibrated
    against_frequent: Difference | None
    """of the accuracy, to the most frequent sense of each word; None where that did not take part"""
    chosen: str = ""


class WordScore(msgspec.Struct, frozen=True, kw_only=True):
    """How the best model's first seed does on one word."""

    word: str
    senses: int
    rows: int
    """of the test side"""
    frequent: float
    """share of them that have the sense that is most frequent in training"""
    accuracy: float
    macro_f1: float


class SenseMistake(msgspec.Struct, frozen=True, kw_only=True):
    """A test row that a model got wrong, with the probability it gave to its wrong answer."""

    row: int
    text: str
    start: int
    """characters of the marked word"""
    end: int
    target: str
    predicted: str
    probability: float


class SenseComparison(Compared, frozen=True, kw_only=True, tag="disambiguate"):
    """result.json of a comparison."""

    models: Sequence[SenseStanding]
    best: str
    """the model with the highest mean accuracy"""
    confusion: list[list[int]]
    """of the best model's first seed: rows are true classes, columns predicted ones"""
    per_class: list[ClassScore]
    per_word: list[WordScore]
    mistakes: dict[str, list[SenseMistake]]
    """most confident first, of the best two models"""
