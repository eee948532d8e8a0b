"""Which texts of many are about a question: exact search by words. Needs no torch.

    tfidf   cosine of the vectors (1 + ln count) · (ln((1 + n) / (1 + texts with the word)) + 1)
            Salton and Buckley 1988, with the smoothing of scikit-learn
    bm25    sum over the question's words of
            ln(1 + (n - d + 0.5) / (d + 0.5)) · c (k + 1) / (c + k (1 - b + b l / mean l))
            for a word that stands c times in a text of l words and in d of the n texts
            Robertson and Zaragoza 2009, "The probabilistic relevance framework: BM25 and beyond"; with the 1
            inside the logarithm no weight falls below 0

Every text is scored. Of equal scores the earlier text comes first. Words of code are the parts of its names: of
`read_HTTPLine` they are read, http and line.

Axes: n texts, V words.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from scipy.sparse import csc_array, csr_array

from headwork.base.words import words_of

Search = Literal["bm25", "tfidf"]

SATURATION, BY_LENGTH = 1.2, 0.75
"""k and b"""


class Index:
    """Texts that can be searched."""

    def __init__(
        self,
        texts: Sequence[str],
        *,
        by: Search = "bm25",
        words: Callable[[str], list[str]] = words_of,
        k: float = SATURATION,
        b: float = BY_LENGTH,
    ):
        self.by, self.size, self.words = by, len(texts), words
        counts = [Counter(words(text)) for text in texts]
        self.columns = {word: place for place, word in enumerate(dict.fromkeys(word for one in counts for word in one))}
        ends = np.cumsum([0, *map(len, counts)])
        places = np.array([self.columns[word] for one in counts for word in one], dtype=np.int64)
        found = np.array([count for one in counts for count in one.values()], dtype=np.float64)
        texts_with = np.bincount(places, minlength=len(self.columns))
        if by == "tfidf":
            self.rarity = np.log((1 + self.size) / (1 + texts_with)) + 1
            values = (1 + np.log(found)) * self.rarity[places]
            lengths = np.sqrt(np.add.reduceat(np.append(values**2, 0.0), ends[:-1]) * (np.diff(ends) > 0))
            values = values / np.repeat(lengths, np.diff(ends))
        else:
            self.rarity = np.log(1 + (self.size - texts_with + 0.5) / (texts_with + 0.5))
            lengths = np.array([one.total() for one in counts], dtype=np.float64)
            allowance = 1 - b + b * lengths / max(lengths.mean() if len(lengths) else 0.0, 1e-9)
            values = self.rarity[places] * found * (k + 1) / (found + k * np.repeat(allowance, np.diff(ends)))
        self.values = csc_array(csr_array((values, places, ends), shape=(self.size, len(self.columns))))

    def scores(self, question: str) -> np.ndarray:
        """(n,) of every text."""
        counts = Counter(self.words(question))
        known = [word for word in counts if word in self.columns]
        columns = [self.columns[word] for word in known]
        times = np.array([counts[word] for word in known], dtype=np.float64)
        if self.by == "tfidf":
            times = (1 + np.log(times)) * self.rarity[columns]
            unknown = sum((1 + np.log(counts[word])) ** 2 for word in counts if word not in self.columns)
            times /= max(np.sqrt((times**2).sum() + unknown * (np.log(1 + self.size) + 1) ** 2), 1e-12)
        return self.values[:, columns] @ times

    def best(self, question: str, count: int) -> list[int]:
        """The places of the `count` best texts, best first."""
        return np.argsort(-self.scores(question), kind="stable")[:count].tolist()
