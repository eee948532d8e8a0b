"""The baselines of tagging: the most frequent tag of each word, and logistic regression on hand-made features.

    counts     logits_t = ln(share of t among the tags of this word);   of an unseen word: among those of all words
    features   logits   = A x + b,  x 0 or 1 for what is said of a word and of its neighbours

The features are those of conditional random fields for names (Lafferty, McCallum and Pereira 2001; Ratnaparkhi 1996 for
beginnings and ends of words): the word, its letters in small, its shape, its first and last letters, and the same in
short of two words on each side. Unlike in such a field no weight joins neighbouring tags: what tags may follow each
other is left to decoding. They need no torch.

Axes: N words of all sentences, W different words, F features, C tags.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, ClassVar

import msgspec
import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.recipes import strictly
from headwork.models.linear import AGAIN, NEVER, check_shapes, fit_logistic
from headwork.models.said_linear import SaidLinear

Sentences = Sequence[Sequence[str]]
AFFIXES = 4
"""letters of the longest beginning and end"""
EDGE = ("=",)
"""what is said of a place before the first word or behind the last one"""


class TagCountsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict]] = {"tiny": {}, "small": {}, "base": {}}


class _Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    words: list[str]


class TagCounts:
    """Answers with the shares of a word's tags in training."""

    def __init__(self, config: TagCountsConfig):
        self.rows: dict[str, int] = {}
        self.shares = np.zeros((1, 0), np.float32)
        """(W + 1, C); the last row is of unseen words"""

    def fit(self, sentences: Sentences, labels: np.ndarray, *, tags: Sequence[str], seed: int) -> None:
        """labels: (N,) places among the tags."""
        counts: defaultdict[str, np.ndarray] = defaultdict(lambda: np.zeros(len(tags)))
        for word, label in zip(_flat(sentences), labels.tolist(), strict=True):
            counts[word][label] += 1
        self.rows = {word: row for row, word in enumerate(counts)}
        every = np.stack([*counts.values(), np.bincount(labels, minlength=len(tags))])
        self.shares = (every / every.sum(1, keepdims=True)).astype(np.float32)

    def logits(self, sentences: Sentences) -> np.ndarray:
        """(N, C)"""
        rows = [self.rows.get(word, len(self.rows)) for word in _flat(sentences)]
        return np.log(np.maximum(self.shares[rows].astype(np.float64), np.exp(NEVER)))

    @property
    def parameters(self) -> int:
        return self.shares.size

    def settings(self) -> dict[str, Any]:
        return {"words": list(self.rows)}

    def tensors(self) -> dict[str, np.ndarray]:
        return {"shares": self.shares}

    @classmethod
    def restore(cls, settings: dict[str, Any], tensors: dict[str, np.ndarray]) -> "TagCounts":
        """Raises HeadworkError where settings and arrays do not fit together."""
        words = strictly(settings, _Words, "tag counts").words
        model = cls(TagCountsConfig())
        model.rows = _columns(words, "tag counts")
        check_shapes("tag counts", tensors, {"shares": (len(words) + 1, _width(tensors.get("shares")))})
        model.shares = tensors["shares"]
        return model


class TagLinearConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict]] = {"tiny": {"min_words": 1}, "small": {}, "base": {}}

    min_words: int = 2
    """training words that a feature must be said of"""
    max_features: int = 300_000
    """those said of most words are kept"""
    strength: float = 4.0
    """inverse of the L2 penalty"""
    iterations: int = 60
    """of the solver, at most: what more of them bring, words that were not seen do not show"""


class _Features(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    config: TagLinearConfig
    features: list[str]


class TagLinear(SaidLinear):
    """Logistic regression on what is said of words."""

    NAME, KEPT = "tag features", _Features

    def said(self, items: Sentences) -> Iterator[list[str]]:
        return features_of(items)

    def fit(self, sentences: Sentences, labels: np.ndarray, *, tags: Sequence[str], seed: int) -> None:
        """labels: (N,) places among the tags. Raises HeadworkError where all words have one tag."""
        if len(np.unique(labels)) < 2:
            raise HeadworkError("tag features: all training words have one tag; give it words of at least two")
        counts = Counter(feature for said in features_of(sentences) for feature in said)
        frequent = [feature for feature, count in counts.items() if count >= self.config.min_words] or list(counts)
        kept = sorted(frequent, key=lambda feature: (-counts[feature], feature))[: self.config.max_features]
        self.columns = {feature: column for column, feature in enumerate(kept)}
        self.coefficients, self.intercepts = fit_logistic(
            self.values(sentences),
            labels,
            classes=len(tags),
            strength=self.config.strength,
            seed=seed,
            iterations=self.config.iterations,
        )


def features_of(sentences: Sentences) -> Iterator[list[str]]:
    """What is said of each word, in order."""
    for words in sentences:
        near = [EDGE, EDGE, *map(_near, words), EDGE, EDGE]
        for place, word in enumerate(words):
            before, after = near[place + 1], near[place + 3]
            yield [
                *_own(word),
                *(f"-1{said}" for said in before),
                *(f"+1{said}" for said in after),
                f"-2{near[place][0]}",
                f"+2{near[place + 4][0]}",
                f"-{before[0]}{near[place + 2][0]}",
                f"+{near[place + 2][0]}{after[0]}",
            ]


@lru_cache(maxsize=1 << 18)
def _own(word: str) -> tuple[str, ...]:
    small = word.lower()
    ends = range(1, min(AFFIXES, len(word)) + 1)
    return (
        *(f"word {word}", f"small {small}", f"shape {shape(word)}"),
        *(f"first {small[:letters]}" for letters in ends),
        *(f"last {small[-letters:]}" for letters in ends),
    )


@lru_cache(maxsize=1 << 18)
def _near(word: str) -> tuple[str, ...]:
    """What its neighbours are told of a word."""
    small = word.lower()
    return (f"={small}", f"~{shape(word)}", f"*{small[-3:]}")


def shape(word: str) -> str:
    """X for capitals, x for other letters, d for digits, signs as they are; several of one kind in a row are one."""
    plain = "".join("X" if c.isupper() else "x" if c.isalpha() else "d" if c.isdigit() else c for c in word)
    return re.sub(r"(.)\1+", r"\1", plain)


def _flat(sentences: Sentences) -> Iterator[str]:
    return (word for words in sentences for word in words)


def _columns(names: Sequence[str], model: str) -> dict[str, int]:
    columns = {name: place for place, name in enumerate(names)}
    if len(columns) < len(names):
        raise HeadworkError(f"{model}: a name stands twice in its settings; {AGAIN}")
    return columns


def _width(array: np.ndarray | None) -> int:
    return array.shape[1] if array is not None and array.ndim == 2 else 0
