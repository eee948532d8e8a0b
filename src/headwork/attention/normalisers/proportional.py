"""Weights in proportion to scores that are not negative, as linear attention has them.

    p_i = s_i / sum_j s_j      Katharopoulos et al. 2020, "Transformers are RNNs", equation 3, with s_i = sim(q, k_i)

A place at -inf counts as 0; a row whose scores are all 0 gives zeros.

Axes: K places of a row.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from headwork.attention.normalisers.base import at_least_single


@dataclass(frozen=True)
class Proportional:
    learned: ClassVar[bool] = False
    shift_invariant: ClassVar[bool] = False
    rowwise: ClassVar[bool] = True

    def __call__(self, scores: Tensor) -> Tensor:
        """(…, K) scores, none negative but -inf, to (…, K) weights that sum to one, or to zero."""
        allowed = at_least_single(scores).masked_fill(scores == -torch.inf, 0)
        total = allowed.sum(-1, keepdim=True)
        return (allowed / total.masked_fill(total == 0, torch.inf)).to(scores.dtype)
