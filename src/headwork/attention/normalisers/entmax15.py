"""1.5-entmax: between softmax and sparsemax, with exact zeros and a smooth approach to them.

    p_i = max(s_i / 2 - t, 0)^2               Peters, Niculae and Martins 2019, "Sparse Sequence-to-Sequence Models",
                                              section 3, for alpha = 1.5
    dp/ds = diag(r) - r r^T / sum(r)          r_i = sqrt(p_i), their Jacobian

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
class Entmax15:
    learned: ClassVar[bool] = False
    shift_invariant: ClassVar[bool] = True
    rowwise: ClassVar[bool] = True

    def __call__(self, scores: Tensor) -> Tensor:
        """(…, K) scores to (…, K) weights that sum to one, or to zero where nothing is allowed."""
        if not scores.numel():
            return scores.clone()
        return _Entmax15.apply(at_least_single(scores)).to(scores.dtype)  # type: ignore[union-attr]


def _weights(scores: Tensor, steps: int | None) -> Tensor:
    # Not halving the scores saves a pass: the squares then sum to 4. What a step leaves is as the square of the step.
    above = rise(scores, steps, reach=2.0, move=_move, near=torch.finfo(scores.dtype).eps ** (2 / 3))
    return above.square_().mul_(0.25)


def _move(above: Tensor) -> Tensor:
    norm = torch.linalg.vector_norm(above, dim=-1, keepdim=True)
    return (norm - 2) * norm / above.sum(-1, keepdim=True).clamp_min(0.5)  # 2 at least, but in a row of -inf alone


def _gradient(arriving: Tensor, weights: Tensor, steps: int | None) -> Tensor:
    roots = weights.sqrt()
    gradient = arriving * roots
    mean = gradient.sum(-1, keepdim=True) / roots.sum(-1, keepdim=True).clamp_min(0.5)
    return gradient.addcmul_(roots, mean, value=-1)


_forward, _backward = Kernel(_weights), Kernel(_gradient)


class _Entmax15(torch.autograd.Function):
    @staticmethod
    def forward(ctx, scores: Tensor) -> Tensor:
        weights = _forward(scores, trains=ctx.needs_input_grad[0])
        ctx.save_for_backward(weights)
        return weights

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> Tensor:
        return _backward(gradient, *ctx.saved_tensors, trains=True)
