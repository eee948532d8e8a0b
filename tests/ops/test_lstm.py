"""The LSTM against torch's own, and its written-out gradient against differences."""

import pytest
import torch
from torch import Tensor, nn

from headwork.ops.lstm import lstm

SIZES = (4, 4, 2, 1)
WIDTH, HIDDEN = 3, 5


def in_our_order(gates: Tensor) -> Tensor:
    """(4H, …) of i, f, g, o to o, i, f, g."""
    return torch.cat([gates[3 * HIDDEN :], gates[: 3 * HIDDEN]])


def tokens() -> Tensor:
    return torch.randn(2, sum(SIZES), WIDTH, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def cells() -> list[nn.LSTM]:
    torch.manual_seed(1)
    pair = [nn.LSTM(WIDTH, HIDDEN).double() for _ in range(2)]
    for cell in pair:
        nn.init.zeros_(cell.bias_hh_l0)
    return pair


def test_states_and_gradients_are_those_of_torch():
    x, pair = tokens().requires_grad_(), cells()
    weight = torch.stack([in_our_order(cell.weight_hh_l0).T for cell in pair]).detach().requires_grad_()
    inputs = torch.stack(
        [x[i] @ in_our_order(c.weight_ih_l0).T + in_our_order(c.bias_ih_l0) for i, c in enumerate(pair)]
    )
    states = lstm(inputs, weight, SIZES)
    packed = [nn.utils.rnn.PackedSequence(x[i], torch.tensor(SIZES)) for i in range(2)]
    expected = torch.stack([cell(rows)[0].data for cell, rows in zip(pair, packed, strict=True)])
    torch.testing.assert_close(states, expected, rtol=0, atol=1e-12)
    upstream = torch.randn_like(states)
    found = torch.autograd.grad((states * upstream).sum(), [x, weight])
    wanted = torch.autograd.grad((expected * upstream).sum(), [x, *(cell.weight_hh_l0 for cell in pair)])
    torch.testing.assert_close(found[0], wanted[0], rtol=0, atol=1e-12)
    torch.testing.assert_close(found[1], torch.stack([in_our_order(w).T for w in wanted[1:]]), rtol=0, atol=1e-12)


@pytest.mark.parametrize("sizes", [(1,), (3,), (1, 1, 1), (3, 2)])
def test_gradients(sizes):
    inputs = torch.randn(2, sum(sizes), 4 * HIDDEN, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(2, HIDDEN, 4 * HIDDEN, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda inputs, weight: lstm(inputs, weight, sizes), (inputs, weight))
