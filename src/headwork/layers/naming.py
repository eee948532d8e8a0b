"""Which places may be named next, where answers are places of the input.

    once        each point once; the end may be named again
    triples     three points in rising order, and three more; once the end stands for a triple, it stays

Axes: B examples, S answers, T points, P places: the points and, where there is one, the end behind them.
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F


class Naming(Protocol):
    @property
    def ends(self) -> bool:
        """Is there an end?"""
        ...

    def answers(self, points: int) -> int:
        """How many are given."""
        ...

    def barred(self, named: Tensor, points: int) -> Tensor:
        """(B, S) places in order to (B, S + 1, P): what may not stand there, and may not come behind them."""
        ...


@dataclass(frozen=True)
class Once:
    ends: bool

    def answers(self, points: int) -> int:
        return points + self.ends

    def barred(self, named: Tensor, points: int) -> Tensor:
        taken = F.pad(F.one_hot(named, points + self.ends), (0, 0, 1, 0)).cumsum(1) > 0
        if self.ends:
            taken[..., -1] = False
        return taken


@dataclass(frozen=True)
class Triples:
    """Of the corners of triangles side by side; T points have at most 2 T - 5 of them."""

    ends: bool = True

    def answers(self, points: int) -> int:
        return 3 * (2 * points - 5)

    def barred(self, named: Tensor, points: int) -> Tensor:
        before = F.pad(named, (1, 0), value=-1)[..., None]
        corner = torch.arange(before.shape[1], device=named.device)[:, None] % 3
        place, ended, within = torch.arange(points, device=named.device), before == points, corner > 0
        too_late = place > points - 3 + corner  # the corners that follow need places, too
        return torch.cat([ended | too_late | (within & (place <= before)), within & ~ended], -1)


def naming_of(answers: str, *, ends: bool) -> Naming:
    """For answers that are `places` or `triples`."""
    return Triples() if answers == "triples" else Once(ends)
