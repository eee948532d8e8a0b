"""General (bilinear) score.

    s = q W k      Luong, Pham and Manning 2015, section 3.1, "general"

Axes: B texts, H heads, Q queries, K keys, d width of a query's head, e width of a key's.
"""

import torch
from torch import Tensor, nn

from headwork.attention.scores.base import ProductScore


class General(ProductScore, nn.Module):
    """`weight` is (H, d, e), the identity at first, so that training starts from the dot product."""

    learned = True

    def __init__(self, heads: int, dim: int, *, key_dim: int | None = None) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.eye(dim, key_dim or dim).repeat(heads, 1, 1))

    def product(self, query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
        return query @ self.weight, key
