"""Principal components: the directions in which vectors differ most.

    x - mean = sum over k of s_k u_k v_k^T,   s_1 >= s_2 >= …;   coordinates (x - mean) · v_k

Hotelling 1933, "Analysis of a complex of statistical variables into principal components". Signs, which are free, are
chosen so that the largest entry of each direction is positive.

Axes: n vectors, D width, K components.
"""

from typing import NamedTuple, Self

import numpy as np


class Components(NamedTuple):
    mean: np.ndarray
    """(D,)"""
    directions: np.ndarray
    """(K, D) of length 1; zeros beyond those in which the vectors differ"""
    explained: np.ndarray
    """(K,) shares of the variance"""

    @classmethod
    def of(cls, vectors: np.ndarray, *, count: int = 2) -> Self:
        """From (n, D) vectors, at least one."""
        mean = vectors.mean(0, dtype=np.float64)
        _, scales, directions = np.linalg.svd(vectors - mean, full_matrices=False)
        found, shares = np.zeros((count, vectors.shape[1])), np.zeros(count)
        kept = min(count, int((scales > 1e-9 * max(1.0, np.abs(mean).max())).sum()))
        signs = np.sign(np.take_along_axis(directions, np.abs(directions).argmax(1)[:, None], 1))
        found[:kept], shares[:kept] = (directions * signs)[:kept], scales[:kept] ** 2
        return cls(mean, found, shares / (float((scales**2).sum()) or 1.0))

    def place(self, vectors: np.ndarray) -> np.ndarray:
        """(n, K) coordinates of (n, D) vectors."""
        return (vectors - self.mean) @ self.directions.T
