"""Negative squared distance.

    s = -beta |q - k|^2 = beta (2 q · k - |q|^2 - |k|^2)      Kim, Papamakarios and Mnih 2021, section 4.1

Axes: B texts, H heads, Q queries, K keys, d width of a head.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from headwork.attention.scores.base import ProductScore


@dataclass(frozen=True)
class L2(ProductScore):
    """`beta` is 1 / sqrt(d) where it is not given."""

    beta: float | None = None

    def product(self, query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
        """Both with two more columns, which hold the squares and ones."""
        beta = query.shape[-1] ** -0.5 if self.beta is None else self.beta
        query_square, key_square = query.square().sum(-1, keepdim=True), key.square().sum(-1, keepdim=True)
        left = torch.cat([2 * query, query_square, torch.ones_like(query_square)], dim=-1)
        right = torch.cat([key, -torch.ones_like(key_square), -key_square], dim=-1)
        return beta * left, right
