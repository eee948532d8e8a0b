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

    @classmethod
    def of(cls, vectors: np.ndarray, labels: np.ndarray, of_class: np.ndarray, *, k: int) -> Self:
        """From vectors of any length."""
        return cls(unit(vectors), labels, of_class, k=k)

    def rows(self, word: int) -> np.ndarray:
        """Of the training texts those of one word, ascending."""
        return np.flatnonzero(self._of_row == word)

    def logits(self, queries: np.ndarray, words: np.ndarray) -> np.ndarray:
        """(m, C) float64 of (m, D) vectors of (m,) words; -inf for the senses of other words."""
        return self._logits(unit(queries), words, np.full(len(words), -1))

    def left_out(self, rows: np.ndarray) -> np.ndarray:
        """(m, C) the same of (m,) training texts, each asked of the others alone."""
        return self._logits(self.vectors[rows], self._of_row[rows], rows)

    def _logits(self, queries: np.ndarray, words: np.ndarray, themselves: np.ndarray) -> np.ndarray:
        found = np.full((len(queries), len(self.of_class)), -np.inf)
        for word in np.unique(words).tolist():
            own, senses, rows = np.flatnonzero(words == word), np.flatnonzero(self.of_class == word), self.rows(word)
            has = self.labels[rows][:, None] == senses
            itself = themselves[own][:, None] == rows
            score = _votes if self.k else _means
            found[np.ix_(own, senses)] = score(queries[own], self.vectors[rows], has, itself, self.k)
        return found

    def nearest(self, query: np.ndarray, word: int, top: int) -> Near:
        """Of one (D,) vector; of equally near texts the first."""
        rows = self.rows(word)
        cosines = self.vectors[rows].astype(np.float64) @ unit(query[None])[0].astype(np.float64)
        order = np.lexsort((rows, -cosines.round(9)))[:top]
        return Near(rows[order], cosines[order])


def _votes(queries: np.ndarray, vectors: np.ndarray, has: np.ndarray, itself: np.ndarray, k: int) -> np.ndarray:
    """(m, S) of one word: has (n, S) is which sense a vector has, itself (m, n) which one a query is."""
    cosines = np.where(itself, -2.0, queries @ vectors.T)
    last = len(vectors) - min(k, len(vectors))
    near = (cosines >= np.partition(cosines, last, axis=1)[:, last, None] - TIED) & ~itself
    chances = (near.astype(np.float64) @ has + has.mean(0)) / (near.sum(1, keepdims=True) + 1)
    return np.log(np.maximum(chances, NEVER))


def _means(queries: np.ndarray, vectors: np.ndarray, has: np.ndarray, itself: np.ndarray, k: int) -> np.ndarray:
    """(m, S) of one word; the same."""
    queries = queries.astype(np.float64)
    sums = has.T.astype(np.float64) @ vectors.astype(np.float64)
    cosines = queries @ unit(sums).T
    for query, place in np.argwhere(itself):
        (sense,) = np.flatnonzero(has[place])
        cosines[query, sense] = queries[query] @ unit(sums[None, sense] - vectors[place])[0]
    return np.where(has.any(0), SHARPNESS * cosines + PRIOR * has.mean(0), -SHARPNESS)


def unit(vectors: np.ndarray) -> np.ndarray:
    """(n, D) of length 1; a zero stays one."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)
