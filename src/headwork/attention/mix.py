"""How weights and values become the output; Shaw's values are in `positions.shaw`, beside their keys.

Axes: B texts, H heads, Q queries, K keys, e width of a value's head.
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from torch import Tensor

from headwork.attention.where import Where


class Mix(Protocol):
    learned: ClassVar[bool]

    def mixed(self, weights: Tensor, value: Tensor, where: Where) -> Tensor:
        """(B, H, Q, K) weights and (B, H, K, e) values to (B, H, Q, e)."""
        ...


@dataclass(frozen=True)
class WeightedSum:
    """o_i = sum_j w_ij v_j"""

    learned: ClassVar[bool] = False

    def mixed(self, weights: Tensor, value: Tensor, where: Where) -> Tensor:
        return weights @ value


@dataclass(frozen=True)
class Gather:
    """o_i = v of the largest weight, which for one-hot weights is the sum; rows of zeros give zeros."""

    learned: ClassVar[bool] = False

    def mixed(self, weights: Tensor, value: Tensor, where: Where) -> Tensor:
        if not weights.shape[-1]:
            return weights @ value
        largest, place = weights.max(-1, keepdim=True)
        return value.gather(-2, place.expand(*place.shape[:-1], value.shape[-1])) * (largest > 0)
