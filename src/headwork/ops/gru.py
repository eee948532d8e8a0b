"""The gated recurrent unit over texts laid out in steps, with its gradient written out.

    r, z = sigmoid(x_r + h U_r), sigmoid(x_z + h U_z)
    n    = tanh(x_n + r * (h U_n))
    h'   = (1 - z) * n + z * h

Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder", with the reset gate behind U_n as in Yang
et al. 2016, eq. 1-4. The gradient of U is one product over all steps, where torch's own GRU adds up one for each and
clears a row for every packed token at every step: on a CPU this one is several times faster.

Axes as in `headwork.ops.steps`.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from headwork.ops.steps import one_step_before


class _Gru(torch.autograd.Function):
    @staticmethod
    def forward(ctx, inputs: Tensor, weight: Tensor, sizes: Sequence[int]) -> Tensor:
        width = weight.shape[1]
        states, gates = inputs.new_empty(*inputs.shape[:2], width), torch.empty_like(inputs)
        recalled = torch.empty_like(states)
        h, start = states.new_zeros(len(inputs), sizes[0], width), 0
        for size in sizes:
            step = slice(start, start + size)
            h, x, gate, start = h[:, :size], inputs[:, step], gates[:, step], start + size
            product = h @ weight
            recalled[:, step] = product[..., 2 * width :]
            torch.add(x[..., : 2 * width], product[..., : 2 * width], out=gate[..., : 2 * width]).sigmoid_()
            r, z, n = gate.split(width, dim=-1)
            torch.addcmul(x[..., 2 * width :], r, recalled[:, step], out=n).tanh_()
            h = torch.lerp(n, h, z)
            states[:, step] = h
        ctx.save_for_backward(states, gates, recalled, weight)
        ctx.sizes = sizes
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        states, gates, recalled, weight = ctx.saved_tensors
        width = weight.shape[1]
        r, z, n = gates.split(width, dim=-1)
        before, transposed = one_step_before(states, ctx.sizes), weight.transpose(1, 2).contiguous()
        # What a unit of dh' adds to each gate's input, for all steps at once.
        to_n, to_z = (1 - z) * (1 - n * n), (before - n) * z * (1 - z)
        to_r = to_n * recalled * r * (1 - r)
        to_inputs = torch.cat([to_r, to_z, to_n], dim=-1)
        to_products = torch.cat([to_r, to_z, to_n * r], dim=-1)
        arriving, stop = gradient.clone(), states.shape[1]
        later = arriving[:, :0]
        for size in reversed(ctx.sizes):
            step = slice(stop - size, stop)
            stop -= size
            dh = arriving[:, step]
            dh[:, : later.shape[1]] += later
            product = to_products[:, step].unflatten(-1, (3, width)).mul_(dh[:, :, None]).flatten(2)
            later = torch.baddbmm(dh * z[:, step], product, transposed)
        to_inputs.unflatten(-1, (3, width)).mul_(arriving[:, :, None])
        return to_inputs, before.transpose(1, 2) @ to_products, None


def gru(inputs: Tensor, weight: Tensor, sizes: Sequence[int]) -> Tensor:
    """(2, N, 3H) what the tokens send to r, z, n, and (2, H, 3H) U, to the (2, N, H) states."""
    return _Gru.apply(inputs, weight, tuple(sizes))
