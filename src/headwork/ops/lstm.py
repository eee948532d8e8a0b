"""The long short-term memory over texts laid out in steps, with its gradient written out.

    o, i, f = sigmoid(x_o + h U_o), sigmoid(x_i + h U_i), sigmoid(x_f + h U_f)
    g       = tanh(x_g + h U_g)
    c'      = f * c + i * g
    h'      = o * tanh(c')

Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000. The gradient of U is one product over all
steps, where torch's own packed LSTM adds up one for each.

Axes as in `headwork.ops.steps`.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from headwork.ops.steps import one_step_before


class _Lstm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, inputs: Tensor, weight: Tensor, sizes: Sequence[int]) -> Tensor:
        width = weight.shape[1]
        states, gates = inputs.new_empty(*inputs.shape[:2], width), torch.empty_like(inputs)
        cells = torch.empty_like(states)
        h = c = states.new_zeros(len(inputs), sizes[0], width)
        start = 0
        for size in sizes:
            step = slice(start, start + size)
            start += size
            gate = torch.baddbmm(inputs[:, step], h[:, :size], weight)
            gate[..., : 3 * width].sigmoid_()
            gate[..., 3 * width :].tanh_()
            gates[:, step] = gate
            o, i, f, g = gate.split(width, dim=-1)
            c = torch.addcmul(f * c[:, :size], i, g)
            h = o * c.tanh()
            cells[:, step], states[:, step] = c, h
        ctx.save_for_backward(states, gates, cells, weight)
        ctx.sizes = sizes
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        states, gates, cells, weight = ctx.saved_tensors
        width = weight.shape[1]
        o, i, f, g = gates.split(width, dim=-1)
        transposed, turned = weight.transpose(1, 2).contiguous(), cells.tanh()
        # What a unit of dh' adds to dc' and to the input of o, and a unit of dc' to those of i, f, g, for all steps.
        to_cell, to_o = o * (1 - turned * turned), turned * o * (1 - o)
        before = one_step_before(cells, ctx.sizes)
        to_inputs = torch.cat([to_o, g * i * (1 - i), before * f * (1 - f), i * (1 - g * g)], dim=-1)
        arriving, stop = gradient.clone(), states.shape[1]
        later_h = later_c = arriving[:, :0]
        for size in reversed(ctx.sizes):
            step = slice(stop - size, stop)
            stop -= size
            dh = arriving[:, step]
            dh[:, : later_h.shape[1]] += later_h
            dc = dh * to_cell[:, step]
            dc[:, : later_c.shape[1]] += later_c
            to_input = to_inputs[:, step]
            to_input[..., :width] *= dh
            to_input[..., width:].unflatten(-1, (3, width)).mul_(dc[:, :, None])
            later_h, later_c = to_input @ transposed, dc * f[:, step]
        return to_inputs, one_step_before(states, ctx.sizes).transpose(1, 2) @ to_inputs, None


def lstm(inputs: Tensor, weight: Tensor, sizes: Sequence[int]) -> Tensor:
    """(D, N, 4H) what the tokens send to o, i, f, g, and (D, H, 4H) U, to the (D, N, H) states of D directions."""
    return _Lstm.apply(inputs, weight, tuple(sizes))
