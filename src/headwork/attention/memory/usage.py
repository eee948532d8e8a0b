"""How much of a memory is used, and how evenly.

    z_i = sum over queries of w_i,   z' = z / sum z
    usage = share of slots with z_i > 0
    KL    = log S + sum_i z'_i log z'_i        0 when all S slots are used alike, log S when one is

Lample et al. 2019, "Large Memory Layers with Product Keys", section 4.3.

Axes: N tokens, H heads, k slots read, S slots of the memory.
"""

import math

import torch
from torch import Tensor


class Usage:
    """Accumulates the weight of each slot, in double precision, on the CPU."""

    def __init__(self, slots: int):
        self.weight = torch.zeros(slots, dtype=torch.float64)

    def add(self, indices: Tensor, weights: Tensor) -> None:
        """(N, H, k) slots that were read, and the weight of each."""
        flat = weights.detach().flatten().cpu().double()
        self.weight += torch.bincount(indices.flatten().cpu(), flat, minlength=len(self.weight))

    @property
    def share(self) -> float:
        """The part of the slots that were used, from 0 to 1."""
        return (self.weight > 0).double().mean().item()

    @property
    def divergence(self) -> float:
        """KL from the uniform distribution, in nats; nan before the first reading."""
        shares = self.weight / self.weight.sum()
        return math.log(len(shares)) + torch.special.xlogy(shares, shares).sum().item()
