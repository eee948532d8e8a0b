"""Cosine score, as content is addressed in a Neural Turing Machine.

    s = beta q · k / (|q| |k|)      Graves, Wayne and Danihelka 2014, equations 5 and 6

Axes: B texts, H heads, Q queries, K keys, d width of a head.
"""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from headwork.attention.scores.base import ProductScore


@dataclass(frozen=True)
class Cosine(ProductScore):
    """`beta` sharpens. A query or key of zeros scores 0 everywhere."""

    beta: float = 1.0

    def product(self, query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
        return self.beta * F.normalize(query, dim=-1), F.normalize(key, dim=-1)
