"""Location score: from the query alone; what stands at a key plays no part.

    s_j = (W q)_j      Luong, Pham and Manning 2015, equation 8

Axes: B texts, H heads, Q queries, K keys, d width of a head, M most keys.
"""

import torch
from torch import Tensor, nn

from headwork.attention.where import Where
from headwork.base.errors import HeadworkError


class Location(nn.Module):
    """`weight` is (H, d, M): one row of scores for as many keys as are foreseen."""

    learned = True

    def __init__(self, heads: int, dim: int, *, most_keys: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(heads, dim, most_keys) * dim**-0.5)

    def scale(self, width: int) -> float:
        return 1.0

    def dense(self, query: Tensor, key: Tensor, where: Where) -> Tensor:
        keys, most = int(torch.as_tensor(where.keys).max()), self.weight.shape[-1]
        if keys > most:
            raise HeadworkError(f"location score: {keys} keys, but it was made for at most {most}; raise most_keys")
        scores = query @ self.weight
        places = where.j.clamp(0, most - 1).expand(*scores.shape[:-1], where.j.shape[-1])
        return scores.gather(-1, places)

    def product(self, query: Tensor, key: Tensor) -> None:
        return None
