"""Sparsemax: the nearest point of the simplex, with exact zeros.

    p = argmin over the simplex of ||p - s||^2      Martins and Astudillo 2016, "From Softmax to Sparsemax", equation 2
    p_i = max(s_i - t, 0)                           their proposition 1
    dp/ds = diag(c) - c c^T / sum(c)                c_i = 1 where p_i > 0; their Jacobian

Axes: K places of a row.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from headwork.attention.normalisers.newton import rise
from headwork.attention.normalisers.sparse import Sparse, sparse


def _weights(scores: Tensor, steps: int | None) -> Tensor:
    # a step lands on the exact threshold of the places that are above it, so that only rounding is left at the end
    return rise(scores, steps, reach=1.0, move=_move, near=4 * torch.finfo(scores.dtype).eps)


def _move(above: Tensor) -> Tensor:
    excess = above.sum(-1, keepdim=True) - 1
    return excess / above.sign_().sum(-1, keepdim=True).clamp_min(1)  # counting non-zeros as such is four times slower


def _gradient(arriving: Tensor, weights: Tensor, steps: int | None) -> Tensor:
    support = weights.sign()
    gradient = arriving * support
    mean = gradient.sum(-1, keepdim=True) / support.sum(-1, keepdim=True).clamp_min(1)
    return gradient.addcmul_(support, mean, value=-1)


@dataclass(frozen=True)
class Sparsemax(Sparse):
    function = sparse(_weights, _gradient)
