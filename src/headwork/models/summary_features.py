"""A trained baseline of choosing sentences: logistic regression on where a sentence stands and on its words.

    score = w · (f - mean) / deviation + sum over the sentence's words of c_word + b

f: 1 / place, place / n, is it the last, ln(1 + words), cosine to the whole document (centroid), weight in the walk over
sentences times n (textrank). c are weights of cue words, those that enough training sentences hold.

Kupiec, Pedersen and Chen 1995, "A trainable document summarizer"; cue words after Edmundson 1969, "New methods in
automatic extracting". It needs no torch.

Axes: n sentences of a document, S sentences of all, F features, V words.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec
import numpy as np
from scipy.sparse import csr_array, hstack

from headwork.base.recipes import strictly
from headwork.base.words import words_of
from headwork.models.linear import check_shapes, fit_logistic
from headwork.models.summary_rank import SummaryRank, SummaryRankConfig

FEATURES = 6
NARROW = 1e-6
"""deviation that is taken for none: of a feature that is the same for all sentences"""


class SummaryFeaturesConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {"tiny": {}, "small": {}, "base": {}}

    min_sentences: int = 5
    """of training that hold a cue word"""
    max_words: int = 10_000
    """the most frequent are kept"""
    strength: float = 0.1
    """inverse of the L2 penalty"""
    blocking: bool = True
    """is a sentence left out that shares three words in a row with one chosen before"""


class SummaryFeaturesSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a fitted model keeps beside its tensors."""

    config: SummaryFeaturesConfig
    cues: list[str]
    centroid: dict[str, Any]


class SummaryFeatures:
    """Scores of sentences, fitted on which of them are to be chosen."""

    LEARNS = True

    def __init__(self, config: SummaryFeaturesConfig) -> None:
        self.config = config
        self.ranks = {by: SummaryRank(SummaryRankConfig(by=by)) for by in ("centroid", "textrank")}
        self.cues: dict[str, int] = {}
        self.centre, self.spread = np.zeros(FEATURES, np.float32), np.ones(FEATURES, np.float32)
        self.weights, self.bias = np.zeros(FEATURES, np.float32), np.zeros(1, np.float32)
        """(F + V,) and (1,)"""

    def fit(self, documents: Sequence[Sequence[str]], best: Sequence[Sequence[int]], *, seed: int) -> None:
        """`best` are the places of the sentences to be chosen of each document."""
        for rank in self.ranks.values():
            rank.fit(documents, seed=seed)
        holding = Counter(word for document in documents for sentence in document for word in set(words_of(sentence)))
        often = [word for word, count in holding.most_common() if count >= self.config.min_sentences]
        self.cues = {word: place for place, word in enumerate(often[: self.config.max_words])}
        told = np.concatenate([self._told(document) for document in documents])
        self.centre, self.spread = told.mean(0).astype(np.float32), np.maximum(told.std(0), NARROW).astype(np.float32)
        values = hstack([csr_array((told - self.centre) / self.spread), self._held(documents)])
        chosen = [np.isin(np.arange(len(one)), places) for one, places in zip(documents, best, strict=True)]
        labels = np.concatenate(chosen).astype(np.int64)
        weights, bias = fit_logistic(csr_array(values), labels, classes=2, strength=self.config.strength, seed=seed)
        self.weights, self.bias = weights[1] - weights[0], bias[1:] - bias[:1]

    def scores(self, sentences: Sequence[str]) -> np.ndarray:
        """(n,) probabilities."""
        if not sentences:
            return np.zeros(0)
        told = (self._told(sentences) - self.centre) / self.spread @ self.weights[:FEATURES]
        held = self._held([sentences]) @ self.weights[FEATURES:]
        return 1 / (1 + np.exp(-np.clip(told + held + self.bias, -500, 500).astype(np.float64)))

    def _told(self, sentences: Sequence[str]) -> np.ndarray:
        """(n, F) of where sentences stand and how they are to the others."""
        size = len(sentences)
        places = np.arange(1, size + 1)
        words = np.array([len(words_of(sentence)) for sentence in sentences], float)
        walk = self.ranks["textrank"].scores(sentences) * size
        centroid = self.ranks["centroid"].scores(sentences)
        return np.stack([1 / places, places / size, places == size, np.log1p(words), centroid, walk], 1)

    def _held(self, documents: Sequence[Sequence[str]]) -> csr_array:
        """(S, V) 1 where a sentence holds a cue word."""
        sentences = (sentence for document in documents for sentence in document)
        rows = [sorted({self.cues[word] for word in words_of(each) if word in self.cues}) for each in sentences]
        ends = np.cumsum([0, *map(len, rows)])
        places = np.array([place for row in rows for place in row], np.int64)
        return csr_array((np.ones(len(places)), places, ends), shape=(len(rows), len(self.cues)))

    @property
    def parameters(self) -> int:
        return self.weights.size + 1 + self.ranks["centroid"].parameters

    def settings(self) -> dict[str, Any]:
        kept = SummaryFeaturesSettings(
            config=self.config, cues=list(self.cues), centroid=self.ranks["centroid"].settings()
        )
        return msgspec.to_builtins(kept)

    def tensors(self) -> dict[str, np.ndarray]:
        own = {"centre": self.centre, "spread": self.spread, "weights": self.weights, "bias": self.bias}
        return {**own, **self.ranks["centroid"].tensors()}

    @classmethod
    def restore(cls, settings: dict[str, Any], tensors: dict[str, np.ndarray]) -> "SummaryFeatures":
        """Raises HeadworkError where settings and arrays do not fit together."""
        kept = strictly(settings, SummaryFeaturesSettings, "summary features")
        model = cls(kept.config)
        model.ranks["centroid"] = SummaryRank.restore(kept.centroid, tensors)
        model.cues = {word: place for place, word in enumerate(kept.cues)}
        own = {name: value for name, value in tensors.items() if name not in model.ranks["centroid"].tensors()}
        shapes = {"centre": (FEATURES,), "spread": (FEATURES,), "weights": (FEATURES + len(model.cues),), "bias": (1,)}
        check_shapes("summary features", own, shapes)
        model.centre, model.spread, model.weights, model.bias = (own[name] for name in shapes)
        return model
