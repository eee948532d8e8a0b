"""Relative position representations: a learned vector for each clipped distance, for keys and for values.

    s = q · (k + a_K[clip(j - i)]) / sqrt(d)         Shaw, Uszkoreit and Vaswani 2018, equation 4
    o = sum_j w_ij (v_j + a_V[clip(j - i)])          equation 3

Neither holds an (L, L, D) tensor: the key part is q a_K^T, from which each pair takes its number; the value part sums
the weights of each distance first.

Axes: B texts, H heads, Q queries, K keys, d width of a head, R = 2 clip + 1 distances.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from headwork.attention.parts import Part
from headwork.attention.where import Where


class Shaw(Part, nn.Module):
    """`keys` (R, d), shared by all heads as in the paper."""

    learned = True

    def __init__(self, dim: int, *, clip: int) -> None:
        super().__init__()
        self.clip = clip
        self.keys = nn.Parameter(torch.randn(2 * clip + 1, dim) * dim**-0.5)

    def bias(self, where: Where) -> Tensor:
        by_distance = where.query @ self.keys.T * where.scale
        return by_distance.gather(-1, distances(where, self.clip, like=by_distance))


class ShawValues(nn.Module):
    """Mixes values to which a vector of their distance is added; `values` (R, e)."""

    learned: ClassVar[bool] = True

    def __init__(self, dim: int, *, clip: int) -> None:
        super().__init__()
        self.clip = clip
        self.values = nn.Parameter(torch.randn(2 * clip + 1, dim) * dim**-0.5)

    def mixed(self, weights: Tensor, value: Tensor, where: Where) -> Tensor:
        by_distance = weights.new_zeros(*weights.shape[:-1], len(self.values))
        by_distance = by_distance.scatter_add(-1, distances(where, self.clip, like=weights), weights)
        return weights @ value + by_distance @ self.values


def distances(where: Where, clip: int, *, like: Tensor) -> Tensor:
    """Row of the table for each pair, expanded to (B, H, Q, K)."""
    rows = (-where.distance).clamp(-clip, clip) + clip
    return rows.expand(*like.shape[:-1], rows.shape[-1])
