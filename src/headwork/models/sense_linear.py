"""The baselines of word senses: the most frequent one of each word, and logistic regression on the words around it.

    counts     logits_s = ln(share of s among the training texts of its word)
    context    logits   = A x + b,  x 0 or 1 for each word of the text, and for the words next to the marked one

Words anywhere in the text and collocations at -2, -1, 1 and 2 are the features of Zhong and Ng 2010, "It makes sense: a
wide-coverage word sense disambiguation system for free text", without their parts of speech. Each word has weights of
its own, fitted on its own texts. They need no torch.

Axes: n texts, V features, C classes (all words' senses).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import ClassVar, Protocol

import msgspec
import numpy as np

from headwork.models.linear import NEVER, WORD, Majority, MajorityConfig, fit_logistic
from headwork.models.said_linear import SaidLinear

BESIDE = 2
"""words on each side whose place counts"""


class Marked(Protocol):
    """A text, and the characters of it that are the word that is meant."""

    @property
    def text(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


class SenseCountsConfig(MajorityConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing can be set."""


class SenseCounts(Majority):
    """Answers with the shares of a word's senses in training, whatever the text."""

    def fit(self, items: Sequence[Marked], labels: np.ndarray, *, of_class: np.ndarray, seed: int) -> None:
        """labels: (n,) classes; of_class: (C,) the word that each is a sense of."""
        counts = np.bincount(labels, minlength=len(of_class))
        self.shares = counts / np.maximum(np.bincount(of_class, counts)[of_class], 1)


class SenseContextConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict]] = {"tiny": {"min_texts": 1}, "small": {}, "base": {}}

    min_texts: int = 2
    """training texts that must have a feature"""
    strength: float = 1.0
    """inverse of the L2 penalty"""


class _Features(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    config: SenseContextConfig
    features: list[str]


class SenseContext(SaidLinear):
    """Logistic regression on the words around, for each word by itself."""

    NAME, KEPT = "sense context", _Features

    def said(self, items: Sequence[Marked]) -> Iterator[list[str]]:
        return (sorted(features_of(item)) for item in items)

    def fit(self, items: Sequence[Marked], labels: np.ndarray, *, of_class: np.ndarray, seed: int) -> None:
        """labels: (n,) classes; of_class: (C,) the word that each is a sense of."""
        texts_with = Counter(feature for item in items for feature in features_of(item))
        frequent = [feature for feature, count in texts_with.items() if count >= self.config.min_texts]
        self.columns = {feature: column for column, feature in enumerate(sorted(frequent or texts_with))}
        values = self.values(items)
        self.coefficients = np.zeros((len(of_class), len(self.columns)), np.float32)
        self.intercepts = np.full(len(of_class), NEVER, np.float32)
        for word in np.unique(of_class[labels]).tolist():
            rows, senses = np.flatnonzero(of_class[labels] == word), np.flatnonzero(of_class == word)
            own = values[rows]
            used = np.flatnonzero(own.getnnz(0))  # the others would stay at 0
            if len(np.unique(labels[rows])) < 2:
                self.intercepts[labels[rows[0]]] = 0.0
                continue
            weight, bias = fit_logistic(
                own[:, used],
                np.searchsorted(senses, labels[rows]),
                classes=len(senses),
                strength=self.config.strength,
                seed=seed,
            )
            self.coefficients[np.ix_(senses, used)], self.intercepts[senses] = weight, bias


def features_of(item: Marked) -> set[str]:
    """The words of the text but the marked one, and those beside it with their places."""
    before, behind = (_words(part) for part in (item.text[: item.start], item.text[item.end :]))
    return {*before, *behind, *_beside("-", before[::-1]), *_beside("+", behind)}


def _words(text: str) -> list[str]:
    return [word.lower() for word in WORD.findall(text)]


def _beside(side: str, near: Sequence[str]) -> Iterator[str]:
    """Words from the marked one outwards, and the two next to it together."""
    near = [*near[:BESIDE], *["="] * (BESIDE - len(near))]
    yield from (f"{side}{place} {word}" for place, word in enumerate(near, 1))
    yield f"{side} {' '.join(near)}"
