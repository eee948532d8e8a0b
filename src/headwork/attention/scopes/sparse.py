"""Fixed sparse patterns.

    strided    i - j < stride, or (i - j) mod stride = 0                Child et al. 2019, section 4.2
    fixed      floor(j / stride) = floor(i / stride), or
               j mod stride >= stride - summary                         section 4.2
    dilated    |i - j| <= half * gap and (i - j) mod gap = 0            Beltagy et al. 2020, section 3.1
    global     i or j is one of the chosen places                       section 3.1
    blocks     the block of i is that of j under a permutation          Qiu et al. 2020, section 3.1
    random     a share of the pairs of blocks, drawn by a hash          Zaheer et al. 2020 (BigBird), section 2

The first two are of the future and the past alike; join them with Causal as the paper does.

Axes: B texts, H heads, Q queries, K keys.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from headwork.attention.parts import Band, Part
from headwork.attention.where import Where

BITS = 32
"""of a hash"""


@dataclass(frozen=True)
class Strided(Part):
    stride: int

    def allowed(self, where: Where) -> Tensor:
        apart = where.distance
        return (apart.abs() < self.stride) | (apart % self.stride == 0)


@dataclass(frozen=True)
class Fixed(Part):
    """Each block of `stride` sees itself and the last `summary` places of every block."""

    stride: int
    summary: int = 1

    def allowed(self, where: Where) -> Tensor:
        same = where.i.div(self.stride, rounding_mode="floor") == where.j.div(self.stride, rounding_mode="floor")
        return same | (where.j % self.stride >= self.stride - self.summary)


@dataclass(frozen=True)
class Dilated(Part):
    """`half` keys on either side, `gap` places apart."""

    half: int
    gap: int

    def allowed(self, where: Where) -> Tensor:
        apart = where.distance
        return (apart.abs() <= self.half * self.gap) & (apart % self.gap == 0)

    def band(self) -> Band:
        return self.half * self.gap, self.half * self.gap


@dataclass(frozen=True)
class Global(Part):
    """The chosen places see everything and are seen by everything."""

    places: tuple[int, ...]

    def allowed(self, where: Where) -> Tensor:
        places = torch.tensor(self.places, device=where.j.device, dtype=where.j.dtype)
        return torch.isin(where.i, places) | torch.isin(where.j, places)


@dataclass(frozen=True)
class Blocks(Part):
    """Blocks of `size`; block b of the queries sees block `permutation[b]` of the keys (itself, when not given)."""

    size: int
    permutation: tuple[int, ...] = ()

    def allowed(self, where: Where) -> Tensor:
        own = where.i.div(self.size, rounding_mode="floor")
        seen = where.j.div(self.size, rounding_mode="floor")
        if self.permutation:
            table = torch.tensor(self.permutation, device=own.device)
            own = torch.where((own >= 0) & (own < len(table)), table[own.clamp(0, len(table) - 1)], -1)
        return own == seen

    def band(self) -> Band:
        return (None, None) if self.permutation else (self.size - 1, self.size - 1)


@dataclass(frozen=True)
class Random(Part):
    """Each block of `size` queries sees a `share` of the blocks of keys; a hash of both and of `seed` draws them."""

    size: int
    share: float
    seed: int = 0

    def allowed(self, where: Where) -> Tensor:
        own = where.i.div(self.size, rounding_mode="floor")
        seen = where.j.div(self.size, rounding_mode="floor")
        drawn = _hash(_hash(_hash(torch.full_like(own, self.seed)) ^ own) ^ seen)
        return drawn < self.share * 2**BITS


def _hash(x: Tensor) -> Tensor:
    """Integers to as many below 2^32, each bit of which depends on all of x: the last step of MurmurHash3."""
    below = 2**BITS - 1
    x = x & below
    x = ((x ^ (x >> 16)) * 0x85EBCA6B) & below
    x = ((x ^ (x >> 13)) * 0xC2B2AE35) & below
    return x ^ (x >> 16)
