"""Reversible residual layers: what went in follows from what came out, so that no layer's input is kept.

    y1 = x1 + f(x2),   y2 = x2 + g(y1)       Gomez, Ren, Urtasun and Grosse 2017, section 3, equation 8
    x2 = y2 - g(y1),   x1 = y1 - f(x2)       equation 9

The gradient goes back layer by layer: inputs are computed from outputs, f and g once more with a graph of their own.
Random numbers are those of the first time, so that dropout drops the same.

Axes: B texts, T tokens, D width.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from headwork.ops.chance import RandomState, random_state, set_random_state

Sublayer = Callable[[Tensor], Tensor]


class Pair(NamedTuple):
    """f and g of one layer: (B, T, D) to (B, T, D)."""

    f: Sublayer
    g: Sublayer


def forwards(x1: Tensor, x2: Tensor, pairs: Sequence[Pair]) -> tuple[Tensor, Tensor]:
    for f, g in pairs:
        x1 = x1 + f(x2)
        x2 = x2 + g(x1)
    return x1, x2


def backwards(y1: Tensor, y2: Tensor, pairs: Sequence[Pair]) -> tuple[Tensor, Tensor]:
    """The inverse of `forwards`."""
    for f, g in reversed(pairs):
        y2 = y2 - g(y1)
        y1 = y1 - f(y2)
    return y1, y2


def reversible(x1: Tensor, x2: Tensor, pairs: Sequence[Pair], weights: Sequence[nn.Parameter]) -> tuple[Tensor, Tensor]:
    """`forwards` whose gradient keeps the two outputs alone; `weights` are all that f and g learn."""
    return _Reversible.apply(x1, x2, list(pairs), *weights)  # type: ignore[return-value]


class _Reversible(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x1: Tensor, x2: Tensor, pairs: list[Pair], *weights: Tensor) -> tuple[Tensor, Tensor]:
        ctx.pairs, ctx.weights, ctx.random = pairs, weights, []
        for f, g in pairs:
            for sublayer in (f, g):
                ctx.random.append(random_state())
                if sublayer is f:
                    x1 = x1 + f(x2)
                else:
                    x2 = x2 + g(x1)
        ctx.save_for_backward(x1, x2)
        return x1, x2

    @staticmethod
    def backward(ctx, d1: Tensor, d2: Tensor) -> tuple[Tensor | None, ...]:
        y1, y2 = ctx.saved_tensors
        totals: list[Tensor | None] = [None] * len(ctx.weights)
        after = random_state()
        for place in reversed(range(len(ctx.pairs))):
            f, g = ctx.pairs[place]
            # y2 = x2 + g(y1)
            said, back = _once_more(g, y1, d2, ctx.random[2 * place + 1], ctx.weights, totals)
            y2, d1 = y2 - said, d1 + back
            # y1 = x1 + f(x2)
            said, back = _once_more(f, y2, d1, ctx.random[2 * place], ctx.weights, totals)
            y1, d2 = y1 - said, d2 + back
        set_random_state(after)
        return d1, d2, None, *totals


def _once_more(
    sublayer: Sublayer,
    x: Tensor,
    gradient: Tensor,
    random: RandomState,
    weights: Sequence[Tensor],
    totals: list[Tensor | None],
) -> tuple[Tensor, Tensor]:
    """What the sublayer gives for x, and the gradient of x; those of its weights are added to `totals`."""
    set_random_state(random)
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        said = sublayer(x)
    wanted = [place for place, weight in enumerate(weights) if weight.requires_grad]
    found = torch.autograd.grad(said, [x, *(weights[place] for place in wanted)], gradient, allow_unused=True)
    for place, own in zip(wanted, found[1:], strict=True):
        if own is not None:
            total = totals[place]
            totals[place] = own if total is None else total + own
    assert found[0] is not None
    return said.detach(), found[0]
