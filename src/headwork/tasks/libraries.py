"""Documents that can be searched: by words, by vectors, or by both.

    mixed   s cos(q, d) + (1 - s) w(q, d) / max over d of w(q, d)      w what words say, such as BM25

A convex combination: Bruch, Gai and Ingber 2023, "An analysis of fusion functions for hybrid retrieval", section 3.

Axes: m queries, n documents, D width.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from headwork.models.retrieval import Index

EVEN = 0.5
"""the share of vectors before it is fitted"""


class Library(Protocol):
    """Every document is scored for every query, the larger the better."""

    def scores(self, queries: Sequence[str]) -> np.ndarray:
        """(m, n) float64"""
        ...


class Encodes(Protocol):
    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """(m, D) of length 1"""
        ...


class Words(NamedTuple):
    index: Index

    def scores(self, queries: Sequence[str]) -> np.ndarray:
        found = [self.index.scores(query) for query in queries]
        return np.stack(found) if found else np.zeros((0, self.index.size))


class Vectors(NamedTuple):
    vectors: np.ndarray
    """(n, D) float32, of length 1"""
    queries: Encodes

    def scores(self, queries: Sequence[str]) -> np.ndarray:
        return self.queries.vectors(queries).astype(np.float64) @ self.vectors.T.astype(np.float64)


class Mixed(NamedTuple):
    vectors: Vectors
    words: Words
    share: float
    """of the vectors"""

    def scores(self, queries: Sequence[str]) -> np.ndarray:
        return mixed(*self.parts(queries), self.share)

    def parts(self, queries: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(m, n) of the vectors and of the words."""
        return self.vectors.scores(queries), self.words.scores(queries)


def mixed(cosines: np.ndarray, words: np.ndarray, share: float) -> np.ndarray:
    """(m, n) of both to (m, n)."""
    most = words.max(axis=1, keepdims=True, initial=0.0)
    return share * cosines + (1 - share) * words / np.where(most > 0, most, 1.0)
