"""Absolute positions, added to the vectors that attention is given.

    PE(p, 2i) = sin(p / 10000^(2i/D)),   PE(p, 2i+1) = cos(p / 10000^(2i/D))     Vaswani et al. 2017, section 3.5
    learned: one row of a table for each place                                   Gehring et al. 2017, section 3.1

Axes: T places, D width.
"""

import torch
from torch import Tensor, nn

from headwork.base.errors import HeadworkError


def sinusoids(places: Tensor, dim: int, *, base: float = 10000.0) -> Tensor:
    """(T,) places, which may lie anywhere, to (T, D); `dim` is even."""
    rates = base ** (-torch.arange(0, dim, 2, dtype=torch.float64, device=places.device) / dim)
    angles = places.double()[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


def halves(places: Tensor, dim: int) -> Tensor:
    """The same numbers with all sines before all cosines, as Transformer-XL and XLNet lay them out."""
    return sinusoids(places, dim).unflatten(1, (-1, 2)).transpose(1, 2).flatten(1)


class Absolute(nn.Module):
    """(…, T, D) to the same with a position added to each place: sinusoids, or a learned table of `longest` rows."""

    def __init__(self, dim: int, *, longest: int, learned: bool = False) -> None:
        super().__init__()
        table = sinusoids(torch.arange(longest), dim).float()
        if learned:
            self.table = nn.Parameter(torch.randn(longest, dim) * 0.02)
        else:
            self.register_buffer("table", table, persistent=False)

    def forward(self, x: Tensor, *, first: int = 0) -> Tensor:
        last, longest = first + x.shape[-2], len(self.table)
        if last > longest:
            raise HeadworkError(f"positions: {last} places, but the table has {longest}; raise longest")
        return x + self.table[first:last].to(x.dtype)
