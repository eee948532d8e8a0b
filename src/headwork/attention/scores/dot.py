"""Dot product, plain and scaled.

    s = q · k               Luong, Pham and Manning 2015, section 3.1, "dot"
    s = q · k / sqrt(d)     Vaswani et al. 2017, equation 1

Axes: B texts, H heads, Q queries, K keys, d width of a head.
"""

from dataclasses import dataclass

from torch import Tensor

from headwork.attention.scores.base import ProductScore


@dataclass(frozen=True)
class Dot(ProductScore):
    def product(self, query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
        return query, key


@dataclass(frozen=True)
class ScaledDot(ProductScore):
    def scale(self, width: int) -> float:
        return width**-0.5

    def product(self, query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
        return query * self.scale(query.shape[-1]), key
