"""No normaliser: the weights are the scores themselves, of either sign.

    p_i = s_i      the linear start of Sukhbaatar et al. 2015, "End-to-end memory networks"

A place at -inf has weight 0.

Axes: K places of a row.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor


@dataclass(frozen=True)
class Identity:
    learned: ClassVar[bool] = False
    shift_invariant: ClassVar[bool] = False
    rowwise: ClassVar[bool] = True

    def __call__(self, scores: Tensor) -> Tensor:
        """(…, K) scores to (…, K) weights of any sum."""
        return scores.masked_fill(scores == -torch.inf, 0)
