"""Softmax: every allowed place gets a share, however small.

    p_i = exp(s_i) / sum_j exp(s_j)      Bridle 1990; in attention Bahdanau et al. 2015, "Neural Machine Translation by
                                         Jointly Learning to Align and Translate", equation 6

Axes: K places of a row.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from headwork.attention.normalisers.base import nothing_allowed


@dataclass(frozen=True)
class Softmax:
    learned: ClassVar[bool] = False
    shift_invariant: ClassVar[bool] = True
    rowwise: ClassVar[bool] = True

    def __call__(self, scores: Tensor) -> Tensor:
        """(…, K) scores to (…, K) weights that sum to one, or to zero where nothing is allowed.

        It can be differentiated twice.
        """
        if not scores.numel():
            return scores.clone()
        if scores.device.type == "cpu" and not torch.compiler.is_compiling():
            weights = scores.softmax(-1)
            # a row of -inf gives NaN at every place: one place tells, and the scores need not be read again
            if not weights.detach()[..., 0].isnan().any():
                return weights
        empty = nothing_allowed(scores)
        return scores.masked_fill(empty, 0).softmax(-1).masked_fill(empty, 0)
