"""Rotary positions: queries and keys turned by an angle that grows with their place.

    q' = R(i) q,   k' = R(j) k,   so that q' · k' depends on i - j alone      Su et al. 2021, equations 14 and 15

Pairs of neighbouring places of a head turn together; the angle of pair p is place * base^(-2p/d).

Axes: B texts, H heads, Q queries, K keys, d width of a head.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from headwork.attention.parts import Part
from headwork.attention.where import Where


@dataclass(frozen=True)
class Rotary(Part):
    base: float = 10000.0
    exact_band = True

    def turn(self, query: Tensor, key: Tensor, where: Where) -> tuple[Tensor, Tensor]:
        return self._turned(query, where.i), self._turned(key, where.j.transpose(-1, -2))

    def _turned(self, x: Tensor, places: Tensor) -> Tensor:
        """(B, H, L, d) at places (…, L, 1)."""
        width = x.shape[-1]
        rates = self.base ** (-torch.arange(0, width, 2, dtype=torch.float64, device=x.device) / width)
        angles = places * rates
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        even, odd = x[..., 0::2], x[..., 1::2]
        return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(-2)
