"""The baselines of choosing sentences, by their place or by their words. They need no torch.

    lead       1 / place                                                  the first sentences
    random     drawn for each document by its text and the seed
    centroid   cosine of the sentence and of the whole document, both as TF-IDF of the training documents
               Radev, Jing, Styś and Tam 2004, "Centroid-based summarization of multiple documents"
    textrank   the weight of the sentence in the stationary walk over sentences that have words in common
               p = (1 - d) / n + d M p,  M_ij the overlap of i and j as a share of all overlaps of j,
               overlap = shared words / (ln words of i + ln words of j)     Mihalcea and Tarau 2004, "TextRank"

Axes: n sentences of a document, V words.
"""

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import msgspec
import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.recipes import strictly
from headwork.base.words import words_of

DAMPING = 0.85
"""d"""
ENOUGH = 1e-10
"""change of p in a step from which on it stands still"""


class SummaryRankConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {"tiny": {}, "small": {}, "base": {}}

    by: Literal["lead", "random", "centroid", "textrank"] = "lead"
    blocking: bool = False
    """is a sentence left out that shares three words in a row with one chosen before"""


class SummaryRankSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a fitted model keeps beside its tensors."""

    config: SummaryRankConfig
    seed: int
    documents: int
    words: list[str]


class SummaryRank:
    """Scores of sentences."""

    LEARNS = False

    def __init__(self, config: SummaryRankConfig) -> None:
        self.config, self.seed, self.documents = config, 0, 0
        self.holding: dict[str, int] = {}
        """training documents that hold a word; of those with one alone nothing is kept"""

    def fit(self, documents: Sequence[Sequence[str]], *, seed: int) -> None:
        self.seed, self.documents = seed, len(documents)
        if self.config.by == "centroid":
            counts = Counter(word for one in documents for word in {w for sentence in one for w in words_of(sentence)})
            self.holding = {word: count for word, count in counts.items() if count > 1}

    def scores(self, sentences: Sequence[str]) -> np.ndarray:
        """(n,)"""
        return getattr(self, f"_{self.config.by}")(sentences)

    def _lead(self, sentences: Sequence[str]) -> np.ndarray:
        return 1 / np.arange(1, len(sentences) + 1)

    def _random(self, sentences: Sequence[str]) -> np.ndarray:
        text = zlib.crc32("\n".join(sentences).encode("utf-8", "surrogatepass"))
        return np.random.default_rng([self.seed, text]).random(len(sentences))

    def _centroid(self, sentences: Sequence[str]) -> np.ndarray:
        counts = [Counter(words_of(sentence)) for sentence in sentences]
        whole = sum(counts, Counter())
        rarity = {word: math.log((1 + self.documents) / (1 + self.holding.get(word, 1))) + 1 for word in whole}
        norm = math.sqrt(sum((count * rarity[word]) ** 2 for word, count in whole.items()))
        found = []
        for own in counts:
            size = math.sqrt(sum((count * rarity[word]) ** 2 for word, count in own.items()))
            shared = sum(count * whole[word] * rarity[word] ** 2 for word, count in own.items())
            found.append(shared / (size * norm) if size else 0.0)
        return np.array(found)

    def _textrank(self, sentences: Sequence[str]) -> np.ndarray:
        words = [set(words_of(sentence)) for sentence in sentences]
        size = len(words)
        overlaps = np.zeros((size, size))
        for i in range(size):
            for j in range(i):
                scale = math.log(max(1, len(words[i]))) + math.log(max(1, len(words[j])))
                overlaps[i, j] = overlaps[j, i] = len(words[i] & words[j]) / scale if scale else 0.0
        totals = overlaps.sum(0)
        # A sentence that shares nothing sends its walkers anywhere.
        moves = np.where(totals > 0, overlaps / np.where(totals > 0, totals, 1), 1 / max(1, size))
        weights, before = np.full(size, 1 / max(1, size)), np.zeros(size)
        while np.abs(weights - before).sum() > ENOUGH:
            weights, before = (1 - DAMPING) / size + DAMPING * moves @ weights, weights
        return weights

    @property
    def parameters(self) -> int:
        return len(self.holding)

    def settings(self) -> dict[str, Any]:
        kept = SummaryRankSettings(
            config=self.config, seed=self.seed, documents=self.documents, words=list(self.holding)
        )
        return msgspec.to_builtins(kept)

    def tensors(self) -> dict[str, np.ndarray]:
        return {"holding": np.array(list(self.holding.values()), dtype=np.int64)}

    @classmethod
    def restore(cls, settings: dict[str, Any], tensors: dict[str, np.ndarray]) -> "SummaryRank":
        """Raises HeadworkError where settings and arrays do not fit together."""
        kept = strictly(settings, SummaryRankSettings, "summary rank")
        counts = tensors.get("holding")
        if counts is None or counts.shape != (len(kept.words),) or counts.min(initial=1) < 1:
            raise HeadworkError("summary rank: the counts of words are not those of its words; train it again")
        model = cls(kept.config)
        model.seed, model.documents = kept.seed, kept.documents
        model.holding = dict(zip(kept.words, counts.tolist(), strict=True))
        return model
