"""Transformer-XL's relative positions.

    s = ((q + u) · k + (q + v) · W_R R(i - j)) / sqrt(d),   R the sinusoids       Dai et al. 2019, section 3.3

Instead of an (L, L, D) tensor, (q + v) meets each distance once, and each pair takes its number from there. Where the
places follow on each other, the numbers of query i are those of query 0 one further, so that a slice holds them all.

Axes: B texts, H heads, Q queries, K keys, R distances, d width of a head, D width of the model.
"""

from dataclasses import dataclass

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
        queries, keys = where.query.shape[2], where.key.shape[2]
        if where.consecutive:
            return self.between(-queries, keys - 1).bias(where)
        apart = where.distance
        if not apart.numel():
            return None
        nearest, furthest = int(apart.min()), int(apart.max())
        by_distance = self.asked(where) @ self.between(nearest, furthest).table.transpose(-1, -2)
        return by_distance.gather(-1, (furthest - apart).expand(*by_distance.shape[:-1], where.j.shape[-1]))

    def up_to(self, longest: int) -> "Tabled":
        return self.between(-longest, longest - 1)

    def between(self, nearest: int, furthest: int) -> "Tabled":
        """The part with W_R R of these distances, the furthest first."""
        places = torch.arange(furthest, nearest - 1, -1, device=self.weight.device)
        return Tabled(self, halves(places, self.model_dim).to(self.weight.dtype) @ self.weight, furthest)

    def asked(self, where: Where) -> Tensor:
        """(B, H, Q, d)"""
        return (where.query + self.place) * where.scale


@dataclass(frozen=True, eq=False)
class Tabled(Part):
    """XL positions with the (H, R, d) W_R R of the distances that are asked for."""

    xl: XL
    table: Tensor
    furthest: int
    learned = True

    def turn(self, query: Tensor, key: Tensor, where: Where) -> tuple[Tensor, Tensor]:
        return self.xl.turn(query, key, where)

    def bias(self, where: Where) -> Tensor | None:
        queries, keys = where.query.shape[2], where.key.shape[2]
        if not where.consecutive:
            return self.xl.bias(where)
        if not queries * keys:
            return None
        first = self.furthest - (keys - 1)
        table = self.table[:, first : first + keys + queries]
        by_distance = self.xl.asked(where) @ table.transpose(-1, -2)
        rows = by_distance.flatten(-2)[..., queries - 1 : -1]
        return rows.unflatten(-1, (queries, keys + queries - 1))[..., :keys]
