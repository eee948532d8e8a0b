"""Alpha-entmax: from softmax (alpha = 1) to sparsemax (alpha = 2), alpha given or learned for each head.

    p_i = max((alpha - 1) s_i - t, 0)^(1 / (alpha - 1))      Peters, Niculae and Martins 2019, "Sparse
                                                             Sequence-to-Sequence Models", section 3
    dp/ds = diag(q) - q q^T / sum(q)                         q_i = p_i^(2 - alpha) where p_i > 0, their Jacobian
    dp_i/dalpha = e_i - q_i sum(e) / sum(q)                  e_i = (p_i - q_i - c p_i log p_i) / c^2: proposition 1 of
                                                             Correia, Niculae and Martins 2019, "Adaptively Sparse
                                                             Transformers", in other terms; c = alpha - 1

The threshold is found as in `newton`, on the norm with p = 1 / c. With t = c u - 1 all is written through log1p and
expm1, which keeps its precision as c becomes small; in that limit u is the log-sum-exp, and one step finds it.

Axes: B texts, H heads, Q queries, K places of a row.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from headwork.attention.normalisers.base import at_least_single
from headwork.attention.normalisers.entmax15 import Entmax15
from headwork.attention.normalisers.newton import MOST_STEPS
from headwork.attention.normalisers.sparsemax import Sparsemax
from headwork.base.errors import HeadworkError


@dataclass(frozen=True)
class Entmax:
    alpha: float = 1.5
    """greater than 1, which is softmax, and at most 2, which is sparsemax"""

    learned: ClassVar[bool] = False
    shift_invariant: ClassVar[bool] = True
    rowwise: ClassVar[bool] = True

    def __post_init__(self):
        _check(self.alpha, self.alpha <= 2, "at most 2")

    def __call__(self, scores: Tensor) -> Tensor:
        """(…, K) scores to (…, K) weights that sum to one, or to zero where nothing is allowed."""
        if self.alpha == 1.5:
            return Entmax15()(scores)
        if self.alpha == 2:
            return Sparsemax()(scores)
        return entmax(scores, torch.full((), self.alpha - 1, dtype=torch.float64))


class LearnedEntmax(nn.Module):
    """Entmax whose alpha = 1 + sigmoid(a) is learned, one for each head (Correia et al. 2019)."""

    learned: ClassVar[bool] = True
    shift_invariant: ClassVar[bool] = True
    rowwise: ClassVar[bool] = True

    def __init__(self, heads: int, *, start: float = 1.5):
        super().__init__()
        _check(start, start < 2, "less than 2")
        self.a = nn.Parameter(torch.full((heads,), start - 1).logit())

    @property
    def alpha(self) -> Tensor:
        """(H,): how sparse each head is, from 1 (softmax) to 2 (sparsemax)."""
        return 1 + self.a.sigmoid()

    def forward(self, scores: Tensor) -> Tensor:
        """(B, H, Q, K) scores to (B, H, Q, K) weights that sum to one, or to zero where nothing is allowed."""
        return entmax(scores, self.a.sigmoid()[:, None, None])


def entmax(scores: Tensor, excess: Tensor) -> Tensor:
    """(…, K) scores to (…, K) weights; excess: alpha - 1, of a shape that broadcasts to (…, 1)."""
    if not scores.numel():
        return scores.clone()
    single = at_least_single(scores)
    return _Entmax.apply(single, excess.to(single).clamp_min(1e-6)).to(scores.dtype)  # type: ignore[union-attr]


class _Entmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, scores: Tensor, excess: Tensor) -> Tensor:
        weights = _weights(scores, excess)
        ctx.save_for_backward(weights, excess)
        return weights

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, Tensor | None]:
        weights, excess = ctx.saved_tensors
        slopes = torch.where(weights > 0, weights ** (1 - excess), 0)
        mean = (gradient * slopes).sum(-1, keepdim=True) / slopes.sum(-1, keepdim=True).clamp_min(0.5)
        centred = gradient - mean
        to_excess = None
        if ctx.needs_input_grad[1]:
            to_excess = (centred * _moved_by_alpha(weights, excess)).sum(-1, keepdim=True).sum_to_size(excess.shape)
        return slopes * centred, to_excess


def _weights(scores: Tensor, c: Tensor) -> Tensor:
    limits = torch.finfo(scores.dtype)
    shifted = scores - scores.amax(-1, keepdim=True).clamp_min(limits.min)  # -inf minus -inf is not a number
    u = torch.zeros_like(shifted[..., :1])
    base, weights = torch.empty_like(shifted), torch.empty_like(shifted)  # two for all steps: new memory costs a pass
    for _ in range(MOST_STEPS):
        torch.sub(shifted, u, out=base).mul_(c).clamp_min_(-1)
        torch.log1p(base, out=weights).div_(c).exp_()
        total = weights.sum(-1, keepdim=True).clamp_min(0.5)  # 1 at least, but in a row of -inf alone
        slopes = torch.div(weights, base.add_(1).clamp_min_(limits.tiny), out=base)
        moved = -torch.expm1(-c * total.log()) / c * total / slopes.sum(-1, keepdim=True).clamp_min(0.5)
        u += moved
        if moved.max() <= 32 * limits.eps:
            break
    torch.sub(shifted, u, out=base).mul_(c).clamp_min_(-1)
    return torch.log1p(base, out=weights).div_(c).exp_()


def _moved_by_alpha(weights: Tensor, c: Tensor) -> Tensor:
    """e of the formula: p (1 - exp(-v) - v) / c^2 with v = c log p, which is -p log(p)^2 / 2 for small v."""
    logs = weights.clamp_min(torch.finfo(weights.dtype).tiny).log()
    v = c * logs
    series = -logs.square() * (1 / 2 - v * (1 / 6 - v * (1 / 24 - v * (1 / 120 - v / 720))))
    return weights * torch.where(v.abs() < 0.01, series, -(torch.expm1(-v) + v) / c.square())


def _check(alpha: float, small_enough: bool, bound: str) -> None:
    if not (alpha > 1 and small_enough):
        raise HeadworkError(f"alpha of entmax: {alpha:g}, but it must be greater than 1 and {bound}; 1 is softmax")
