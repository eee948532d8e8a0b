"""The long short-term memory whose state is projected, over texts laid out in steps.

    i, g, f, o = x_i + h U_i, x_g + h U_g, x_f + h U_f, x_o + h U_o
    c'         = clip(sigmoid(f) * c + sigmoid(i) * tanh(g))
    h'         = clip((sigmoid(o) * tanh(c')) P)

Sak, Senior and Beaufays 2014, "Long short-term memory recurrent neural network architectures for large scale acoustic
modeling", without peepholes; clip(x) keeps x within -limit and limit, and has no gradient beyond. The gates stand in
the order of TensorFlow's cell, whose weights are read.

Axes as in `headwork.ops.steps`; D directions, B texts, H cells, P width of the projected state.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class State(NamedTuple):
    """(…, B, P) projected states and (…, B, H) cells."""

    h: Tensor
    c: Tensor


def lstmp(
    inputs: Tensor,
    weight: Tensor,
    projection: Tensor,
    first: State,
    sizes: Sequence[int],
    *,
    cell_clip: float | None,
    projection_clip: float | None,
) -> tuple[Tensor, State]:
    """(D, N, 4H) what the tokens send to i, g, f, o; (D, P, 4H) U; (D, H, P) the projection; the state each text begins
    from, the longest first. To the (D, N, P) states, and the state behind each text.
    """
    h, c = first
    states: list[Tensor] = []
    ended: list[State] = []
    for x, size in zip(inputs.split(list(sizes), dim=1), sizes, strict=True):
        ended.append(State(h[:, size:], c[:, size:]))
        i, g, f, o = torch.baddbmm(x, h[:, :size], weight).chunk(4, dim=-1)
        c = _clipped(f.sigmoid() * c[:, :size] + i.sigmoid() * g.tanh(), cell_clip)
        h = _clipped((o.sigmoid() * c.tanh()) @ projection, projection_clip)
        states.append(h)
    ended.append(State(h, c))
    return torch.cat(states, dim=1), State(*(torch.cat(part[::-1], dim=1) for part in zip(*ended, strict=True)))


def _clipped(x: Tensor, limit: float | None) -> Tensor:
    return x if limit is None else x.clamp(-limit, limit)
