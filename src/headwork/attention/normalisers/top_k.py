"""Softmax over the k greatest scores of a row; the other places get exact zeros.

    p = softmax(s_i where s_i is among the k greatest, else -inf)      Zhao et al. 2019, "Explicit Sparse Transformer",
                                                                       section 2

Of scores that are equal at the border, exactly so many are kept as there is room for (the paper keeps all).

Axes: K places of a row, k of them kept.
"""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from headwork.attention.normalisers.softmax import Softmax
from headwork.base.errors import HeadworkError


@dataclass(frozen=True)
class TopK:
    k: int = 8

    learned: ClassVar[bool] = False
    shift_invariant: ClassVar[bool] = True
    rowwise: ClassVar[bool] = True

    def __post_init__(self):
        if self.k < 1:
            raise HeadworkError(f"top-k with k = {self.k}: it must keep at least 1 place")

    def __call__(self, scores: Tensor) -> Tensor:
        """(…, K) scores to (…, K) weights that sum to one, or to zero where nothing is allowed."""
        if self.k >= scores.shape[-1]:
            return Softmax()(scores)
        kept, places = scores.topk(self.k, sorted=False)
        return scores.new_zeros(scores.shape).scatter(-1, places, Softmax()(kept))
