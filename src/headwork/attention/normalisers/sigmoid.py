"""Sigmoid attention: each place is weighed for itself, and the weights need not sum to one.

    p_i = 1 / (1 + exp(-(s_i + b)))      Ramapuram et al. 2024, "Theory, Analysis, and Best Practices for Sigmoid
                                         Self-Attention"; they advise b = -log(K)

Axes: K places of a row.
"""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from headwork.attention.normalisers.base import at_least_single


@dataclass(frozen=True)
class Sigmoid:
    bias: float = 0.0

    learned: ClassVar[bool] = False
    shift_invariant: ClassVar[bool] = False
    rowwise: ClassVar[bool] = True

    def __call__(self, scores: Tensor) -> Tensor:
        """(…, K) scores to (…, K) weights between 0 and 1."""
        return (at_least_single(scores) + self.bias).sigmoid().to(scores.dtype)
