"""The nearest of many vectors of length 1, exactly.

    score(q, v) = q · v in double precision;   the k largest, and of equal ones the lowest rows

First the products in single precision, a block of vectors at a time. A sum of D products of such vectors is off by at
most D u / (1 - D u), u = 2^-24, in whatever order it is added up (Higham 2002, Accuracy and stability of numerical
algorithms, section 3.1). So what is that near to the k-th largest of its block is scored again in double precision, a
row at a time, and nothing else can be among the k largest. The answer hangs on no size of blocks and no threads.

Axes: n vectors, m queries, D width, k found.
"""

from typing import NamedTuple

import numpy as np

BLOCK = 16_384
"""vectors that are multiplied at once"""
QUERIES = 256
"""queries that are multiplied at once"""
UNIT = 2.0**-24


class Found(NamedTuple):
    """Of one query, the nearest first."""

    rows: np.ndarray
    """(k,) int64"""
    scores: np.ndarray
    """(k,) float64"""


def nearest(vectors: np.ndarray, queries: np.ndarray, top: int) -> list[Found]:
    """The `top` of the (n, D) vectors for each of the (m, D) queries; all vectors where there are no more."""
    found = []
    for start in range(0, len(queries), QUERIES):
        some = queries[start : start + QUERIES]
        blocks = [_candidates(vectors, some, top, first) for first in range(0, len(vectors), BLOCK)]
        for query, *rows in zip(some, *blocks, strict=True):
            found.append(_best(vectors, query, np.concatenate([np.zeros(0, np.int64), *rows]), top))
    return found


def _candidates(vectors: np.ndarray, queries: np.ndarray, top: int, first: int) -> list[np.ndarray]:
    """For each query the rows, of one block, that can be among its nearest."""
    products = queries @ vectors[first : first + BLOCK].T
    if products.shape[1] <= top:
        return [np.arange(first, first + products.shape[1])] * len(queries)
    last = np.partition(products, -top, axis=1)[:, -top]
    width = vectors.shape[1]
    slack = 3 * width * UNIT / (1 - width * UNIT)  # twice the error, and a rest for lengths that are not quite 1
    return [first + np.flatnonzero(row >= least - slack) for row, least in zip(products, last, strict=True)]


def _best(vectors: np.ndarray, query: np.ndarray, rows: np.ndarray, top: int) -> Found:
    scores = (vectors[rows].astype(np.float64) * query.astype(np.float64)).sum(axis=1)
    order = np.lexsort((rows, -scores))[:top]
    return Found(rows[order], scores[order])
