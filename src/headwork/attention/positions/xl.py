"""Transformer-XL's relative positions.

    s = ((q + u) · k + (q + v) · W_R R(i - j)) / sqrt(d),   R the sinusoids       Dai et al. 2019, section 3.3

Instead of an (L, L, D) tensor, (q + v) meets each distance once, and each pair takes its number from there.

Axes: B texts, H heads, Q queries, K keys, d width of a head, D width of the model.
"""

import torch
from torch import Tensor, nn

from headwork.attention.parts import Part
from headwork.attention.positions.absolute import halves
from headwork.attention.where import Where


class XL(Part, nn.Module):
    """u and v are (H, 1, d), W_R is (H, D, d)."""

    learned = True

    def __init__(self, heads: int, dim: int, *, model_dim: int | None = None) -> None:
        super().__init__()
        model_dim = model_dim or heads * dim
        self.model_dim = model_dim
        self.content = nn.Parameter(torch.zeros(heads, 1, dim))
        self.place = nn.Parameter(torch.zeros(heads, 1, dim))
        self.weight = nn.Parameter(torch.randn(heads, model_dim, dim) * model_dim**-0.5)

    def turn(self, query: Tensor, key: Tensor, where: Where) -> tuple[Tensor, Tensor]:
        return query + self.content, key

    def bias(self, where: Where) -> Tensor | None:
        apart = where.distance
        if not apart.numel():
            return None
        nearest, furthest = int(apart.min()), int(apart.max())
        table = halves(torch.arange(nearest, furthest + 1, device=apart.device), self.model_dim)
        by_distance = (where.query + self.place) @ (table.to(self.weight.dtype) @ self.weight).transpose(-1, -2)
        rows = (apart - nearest).expand(*by_distance.shape[:-1], where.j.shape[-1])
        return by_distance.gather(-1, rows) * where.scale
