"""The baselines of answering from a passage: where its words are those of the question. They need no torch.

    sentence   the first L words of the sentence that TF-IDF finds most like the question
    window     of all runs of L words that share no word with the question the one with the largest
                   sum over the question's words q of rarity(q) / (steps from the run to the nearest q)

L is the mean number of words of people's answers; rarity is that of TF-IDF with the passage's sentences as its texts.
The score is the cosine, or that sum. After the sliding window of Richardson, Burges and Renshaw 2013, "MCTest", and the
baselines of Rajpurkar et al. 2016, "SQuAD", section 5.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar, Literal, NamedTuple

import msgspec
import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.recipes import strictly
from headwork.base.words import WORD, words_of
from headwork.models.linear import AGAIN
from headwork.models.retrieval import Index


class SpanOverlapConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {"tiny": {}, "small": {}, "base": {}}

    search: Literal["sentence", "window"] = "sentence"


class SpanOverlapSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a fitted model keeps."""

    config: SpanOverlapConfig
    words: int


class Scored(NamedTuple):
    """Characters start to end of a passage, and what speaks for them."""

    start: int
    end: int
    score: float


class SpanOverlap:
    """Answers of one length, where words overlap."""

    def __init__(self, config: SpanOverlapConfig, words: int = 1):
        self.config, self.words = config, words
        self._last: tuple[str, list[tuple[int, int]], Index] | None = None

    def fit(self, answers: Sequence[str]) -> None:
        lengths = [len(words_of(answer)) for answer in answers]
        self.words = max(1, round(float(np.mean(lengths)))) if lengths else 1

    def answer(self, question: str, passage: str, starts: Sequence[int]) -> Scored | None:
        """None where the passage has no word; `starts` are where its sentences but the first begin."""
        sentences, index = self._indexed(passage, starts)
        if self.config.search == "window":
            return self._best_run(question, passage, index)
        place = index.best(question, 1)[0]
        start, end = sentences[place]
        found = list(WORD.finditer(passage, start, end))[: self.words]
        return Scored(found[0].start(), found[-1].end(), float(index.scores(question)[place])) if found else None

    def _indexed(self, passage: str, starts: Sequence[int]) -> tuple[list[tuple[int, int]], Index]:
        """The sentences of a passage, remembered for its next question."""
        if self._last is None or self._last[0] != passage:
            edges = [0, *(start for start in starts if 0 < start < len(passage)), len(passage)]
            # A sentence without a word, such as "(…)", can answer nothing.
            sentences = [span for span in pairwise(edges) if WORD.search(passage, *span)] or [(0, 0)]
            index = Index([passage[one:other] for one, other in sentences], by="tfidf")
            self._last = (passage, sentences, index)
        return self._last[1:]

    def _best_run(self, question: str, passage: str, index: Index) -> Scored | None:
        found = list(WORD.finditer(passage))
        if not found:
            return None
        words, asked = [word.group().casefold() for word in found], set(words_of(question))
        length = min(self.words, len(found))
        starts = np.arange(len(found) - length + 1)
        taken = np.cumsum([0, *(word in asked for word in words)])
        score = np.zeros(len(starts))
        for word in sorted(asked.intersection(words)):
            places = np.flatnonzero([word == other for other in words])
            behind = places[np.minimum(np.searchsorted(places, starts), len(places) - 1)]
            before = places[np.maximum(np.searchsorted(places, starts) - 1, 0)]
            gaps = np.minimum(np.abs(behind - starts - length + 1), np.abs(starts - before))
            score += index.rarity[index.columns[word]] / np.maximum(gaps, 1)
        score[taken[starts + length] > taken[starts]] = -1.0  # what repeats the question comes last
        best = int(np.argmax(score))
        return Scored(found[best].start(), found[best + length - 1].end(), float(score[best]))

    @property
    def parameters(self) -> int:
        return 1

    def settings(self) -> dict[str, Any]:
        return msgspec.to_builtins(SpanOverlapSettings(config=self.config, words=self.words))

    @classmethod
    def restore(cls, settings: dict[str, Any]) -> "SpanOverlap":
        known = strictly(settings, SpanOverlapSettings, "span-overlap model")
        if known.words < 1:
            raise HeadworkError(f"span-overlap model: answers of {known.words} words; {AGAIN}")
        return cls(known.config, known.words)
