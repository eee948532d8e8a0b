"""Senses by the nearest of the training vectors, which are kept as they are.

    k = 0   logit of a sense = 20 cos(v, m_s),  m_s the mean of its vectors        Loureiro et al. 2021, section 4.1
    k > 0   logit of a sense = ln((n_s + p_s) / (n + 1)),  n_s of the n nearest vectors have it, a share p_s of all
                                                                                   Wiedemann et al. 2019, section 3.1

Only vectors of the same word are compared. Those as near as the k-th are all counted, and p_s decides between equals,
so that vectors which do not see the text answer the most frequent sense. Brute force: no pair is left out.

Axes: n training texts, m queries, D width, C classes (all words' senses), S senses of one word.
"""

from typing import NamedTuple, Self

import numpy as np

SHARPNESS = 20.0
"""by which cosines become logits; the temperature that is fitted on dev corrects it"""
TIED = 1e-6
"""cosines in single precision that are nearer to each other are equal"""
PRIOR = 1e-4
"""what a sense's share adds to 20 cosines, to decide between equal ones"""
NOBODY = -2.0
"""no cosine"""
NEVER = np.exp(-30.0)
"""least probability of a sense of the word"""


class Near(NamedTuple):
    """The nearest training texts of one query, the nearest first."""

    rows: np.ndarray
    """(top,)"""
    cosines: np.ndarray


class SenseMemory:
    def __init__(self, vectors: np.ndarray, labels: np.ndarray, of_class: np.ndarray, *, k: int):
        """vectors: (n, D) of length 1; labels: (n,) classes; of_class: (C,) the word of each class."""
        self.vectors, self.labels, self.of_class, self.k = vectors, labels, of_class, k
        self._of_row = of_class[labels]
        counts = np.bincount(labels, minlength=len(of_class))
        self.shares = counts / np.maximum(np.bincount(of_class, counts)[of_class], 1)
        """(C,) of the training texts of its word"""
        own = (vectors[labels == label] for label in range(len(of_class)))
        self._sums = np.stack([each.sum(0, dtype=np.float64) for each in own])

    @classmethod
    def of(cls, vectors: np.ndarray, labels: np.ndarray, of_class: np.ndarray, *, k: int) -> Self:
        """From vectors of any length."""
        return cls(unit(vectors), labels, of_class, k=k)

    def rows(self, word: int) -> np.ndarray:
        """Of the training texts those of one word, ascending."""
        return np.flatnonzero(self._of_row == word)

    def logits(self, queries: np.ndarray, words: np.ndarray) -> np.ndarray:
        """(m, C) float64 of (m, D) vectors of (m,) words; -inf for the senses of other words."""
        return self._logits(unit(queries), words, None)

    def left_out(self, rows: np.ndarray) -> np.ndarray:
        """(m, C) the same of (m,) training texts, each asked of the others alone."""
        return self._logits(self.vectors[rows], self._of_row[rows], rows)

    def _logits(self, queries: np.ndarray, words: np.ndarray, themselves: np.ndarray | None) -> np.ndarray:
        found = self._votes(queries, words, themselves) if self.k else self._means(queries, themselves)
        return np.where(words[:, None] == self.of_class, found, -np.inf)

    def _means(self, queries: np.ndarray, themselves: np.ndarray | None) -> np.ndarray:
        """(m, C) by the mean of each sense."""
        queries = queries.astype(np.float64)
        cosines = queries @ unit(self._sums).T
        if themselves is not None:
            own = self.labels[themselves]
            others = unit(self._sums[own] - self.vectors[themselves])
            cosines[np.arange(len(own)), own] = (queries * others).sum(1)
        return np.where(self.shares > 0, SHARPNESS * cosines + PRIOR * self.shares, -SHARPNESS)

    def _votes(self, queries: np.ndarray, words: np.ndarray, themselves: np.ndarray | None) -> np.ndarray:
        """(m, C) by the nearest texts of the same word."""
        found = np.full((len(queries), len(self.of_class)), np.log(NEVER))
        for word in np.unique(words).tolist():
            own, rows = np.flatnonzero(words == word), self.rows(word)
            if not len(rows):
                continue
            cosines = queries[own] @ self.vectors[rows].T
            if themselves is not None:
                cosines[themselves[own][:, None] == rows] = NOBODY
            last = len(rows) - min(self.k, len(rows))
            kth = np.partition(cosines, last, axis=1)[:, last, None]
            near = ((cosines >= kth - TIED) & (cosines > NOBODY)).astype(np.float64)
            has = self.labels[rows][:, None] == np.arange(len(self.of_class))
            chances = (near @ has + self.shares) / (near.sum(1, keepdims=True) + 1)
            found[own] = np.log(np.maximum(chances, NEVER))
        return found

    def nearest(self, query: np.ndarray, word: int, top: int) -> Near:
        """Of one (D,) vector; of equally near texts the first."""
        rows = self.rows(word)
        cosines = self.vectors[rows].astype(np.float64) @ unit(query[None])[0].astype(np.float64)
        order = np.lexsort((rows, -cosines.round(9)))[:top]
        return Near(rows[order], cosines[order])


def unit(vectors: np.ndarray) -> np.ndarray:
    """(n, D) of length 1; a zero stays one."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)
