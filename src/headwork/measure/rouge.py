"""ROUGE F1 of a summary, and the sentences of a document that score best.

    ROUGE-n   P = matches / n-grams of the summary,  R = matches / n-grams of the reference,  F = 2 P R / (P + R)
              matches = sum over n-grams of min(count in one, count in the other)
    ROUGE-L   matches = length of the longest common subsequence of both texts' words        Lin 2004, "ROUGE"

Words and numbers are those of Google's package rouge-score 0.1.2 without stemming, ROUGE-L is its rougeL (one sequence
a text, not a union over sentences), and of several references the best F of each score counts, as its score_multi has
it. The oracle adds the sentence that raises the score most, while one does (Nallapati, Zhai and Zhou 2017,
"SummaRuNNer", section 3).

Axes: 3 scores: ROUGE-1, ROUGE-2, ROUGE-L.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from headwork.base.summary import Words
from headwork.base.words import words_of

SCORES = ("rouge_1", "rouge_2", "rouge_l")
LATIN = re.compile(r"[a-z0-9]+")
SPLIT: dict[Words, Callable[[str], list[str]]] = {"latin": lambda text: LATIN.findall(text.lower()), "any": words_of}


def signature(words: Words) -> str:
    """How scores are computed, in words."""
    kept = {"latin": "runs of a-z and 0-9 in small letters, as in rouge-score 0.1.2", "any": "words of any script"}
    return (
        f"ROUGE F1; words: {kept[words]}; stemming: none; of several references the best for each score; ROUGE-L: "
        "longest common subsequence of the whole texts (rougeL, not rougeLsum)"
    )


class Counted(NamedTuple):
    """The words of a text, and how often each and each pair of neighbours stands in it."""

    words: list[str]
    singles: Counter[str]
    pairs: Counter[tuple[str, str]]


class Judge:
    """The references of one document, against which summaries are held."""

    def __init__(self, references: Sequence[str], words: Words = "latin") -> None:
        self.split = SPLIT[words]
        self.references = [_counted(self.split(reference)) for reference in references]
        self._places = [_places_of(reference.words) for reference in self.references]

    def of_text(self, summary: str) -> np.ndarray:
        """(3,)"""
        return self.of_words(self.split(summary))

    def of_words(self, words: Sequence[str]) -> np.ndarray:
        """(3,)"""
        found = _counted(words)
        return np.array(
            [
                max(
                    _f(_matches(found.singles, other.singles), len(words), len(other.words))
                    for other in self.references
                ),
                max(
                    _f(_matches(found.pairs, other.pairs), len(words) - 1, len(other.words) - 1)
                    for other in self.references
                ),
                self.subsequence(words),
            ]
        )

    def subsequence(self, words: Sequence[str]) -> float:
        """ROUGE-L alone."""
        return max(
            _f(common(words, places, len(other.words)), len(words), len(other.words))
            for other, places in zip(self.references, self._places, strict=True)
        )

    def chosen(self, sentences: Sequence[str], by: Callable[["Judge", Sequence[str]], float]) -> list[int]:
        """The oracle: places of the sentences that are best by a score, as far as adding one by one finds them."""
        split = [self.split(sentence) for sentence in sentences]
        found: list[int] = []
        best = 0.0
        while True:
            tried = {
                place: by(self, [word for each in sorted([*found, place]) for word in split[each]])
                for place, words in enumerate(split)
                if words and place not in found
            }
            place = max(tried, key=lambda each: (tried[each], -each), default=None)
            if place is None or tried[place] <= best:
                return sorted(found)
            found.append(place)
            best = tried[place]


def by_ngrams(judge: Judge, words: Sequence[str]) -> float:
    """What labels for training are chosen by: ROUGE-1 and ROUGE-2 (Liu and Lapata 2019, published code)."""
    return float(judge.of_words(words)[:2].sum())


def by_subsequence(judge: Judge, words: Sequence[str]) -> float:
    """What the oracle of a report is chosen by, as models are ranked by it: no single sentence scores higher."""
    return judge.subsequence(words)


def common(words: Sequence[str], places: dict[str, int], length: int) -> int:
    """The length of the longest common subsequence with a text of so many words, of which `places` has the bits.

    Bit i of the row says that the subsequence does not grow at word i (Crochemore et al. 2001, "A fast and practical
    bit-vector algorithm for the longest common subsequence problem").
    """
    whole = (1 << length) - 1
    row = whole
    for word in words:
        met = row & places.get(word, 0)
        row = ((row + met) | (row - met)) & whole
    return length - row.bit_count()


def trigrams(words: Sequence[str]) -> set[tuple[str, ...]]:
    return {tuple(words[place : place + 3]) for place in range(len(words) - 2)}


def _places_of(words: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, word in enumerate(words):
        places[word] = places.get(word, 0) | 1 << place
    return places


def _counted(words: Sequence[str]) -> Counted:
    return Counted(list(words), Counter(words), Counter(pairwise(words)))


def _matches(one: Mapping[Any, int], other: Mapping[Any, int]) -> int:
    return sum(min(count, other[gram]) for gram, count in one.items() if gram in other)


def _f(matches: int, written: int, reference: int) -> float:
    if not matches:
        return 0.0
    precision, recall = matches / written, matches / reference
    return 2 * precision * recall / (precision + recall)
