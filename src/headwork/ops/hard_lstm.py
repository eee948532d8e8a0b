"""The long short-term memory with gates of straight lines, as Keras had it by default before its second version.

    o, i, f = s(x_o + h U_o), s(x_i + h U_i), s(x_f + h U_f)      s(z) = min(1, max(0, z / 5 + 1 / 2))
    g       = tanh(x_g + h U_g),   c' = f * c + i * g,   h' = o * tanh(c')

The straight line takes the place of the logistic function (Courbariaux, Bengio and David 2015, "BinaryConnect", section
2.3, for the shape; the slope is Keras's). Its gradient is torch's, step by step.

Axes as in `headwork.ops.steps`.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def hard_sigmoid(z: Tensor) -> Tensor:
    return (0.2 * z + 0.5).clamp(0, 1)


def hard_lstm(inputs: Tensor, weight: Tensor, sizes: Sequence[int]) -> Tensor:
    """(D, N, 4H) what the tokens send to o, i, f, g, and (D, H, 4H) U, to the (D, N, H) states of D directions."""
    width = weight.shape[1]
    h = c = inputs.new_zeros(len(inputs), sizes[0], width)
    states, start = [], 0
    for size in sizes:
        gates = torch.baddbmm(inputs[:, start : start + size], h[:, :size], weight)
        start += size
        o, i, f = hard_sigmoid(gates[..., : 3 * width]).chunk(3, dim=-1)
        c = f * c[:, :size] + i * gates[..., 3 * width :].tanh()
        h = o * c.tanh()
        states.append(h)
    return torch.cat(states, dim=1)
