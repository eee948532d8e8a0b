"""Sparsemax: the nearest point of the simplex, with exact zeros.

    p = argmin over the simplex of ||p - s||^2      Martins and Astudillo 2016, "From Softmax to Sparsemax", equation 2
    p_i = max(s_i - t, 0)                           their proposition 1
    dp/ds = diag(c) - c c^T / sum(c)                c_i = 1 where p_i > 0; their Jacobian

Axes: K places of a row.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from headwork.attention.normalisers.base import at_least_single
from headwork.attention.normalisers.compiled import Kernel
from headwork.attention.normalisers.newton import rise


@dataclass(frozen=True)
class Sparsemax:
    learned: ClassVar[bool] = False
    shift_invariant: ClassVar[bool] = True
    rowwise: ClassVar[bool] = True

    def __call__(self, scores: Tensor) -> Tensor:
        """(…, K) scores to (…, K) weights that sum to one, or to zero where nothing is allowed."""
        if not scores.numel():
            return scores.clone()
        return _Sparsemax.apply(at_least_single(scores)).to(scores.dtype)  # type: ignore[union-attr]


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


_forward, _backward = Kernel(_weights), Kernel(_gradient)


class _Sparsemax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, scores: Tensor) -> Tensor:
        weights = _forward(scores, trains=ctx.needs_input_grad[0])
        ctx.save_for_backward(weights)
        return weights

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> Tensor:
        return _backward(gradient, *ctx.saved_tensors, trains=True)
