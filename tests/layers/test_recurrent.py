"""Both directions against the cells of the papers, written out."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from headwork.layers.recurrent import Recurrent

WIDTH, HIDDEN = 3, 4


def lstm_step(gates: Tensor, u: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    o, i, f, g = (gates + h @ u).chunk(4)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def gru_step(gates: Tensor, u: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    (x_r, x_z, x_n), (u_r, u_z, u_n) = gates.chunk(3), u.chunk(3, dim=1)
    r, z = (x_r + h @ u_r).sigmoid(), (x_z + h @ u_z).sigmoid()
    return (1 - z) * (x_n + r * (h @ u_n)).tanh() + z * h, c


STEPS = {"lstm": lstm_step, "gru": gru_step}


def read_in_one_direction(cell: str, layer: Recurrent, text: Tensor, direction: int) -> Tensor:
    h = c = text.new_zeros(HIDDEN)
    states = []
    for x in text:
        gates = x @ layer.inputs[direction] + layer.bias.view(2, -1)[direction]
        h, c = STEPS[cell](gates, layer.states[direction], h, c)
        states.append(h)
    return torch.stack(states)


def written_out(cell: str, layer: Recurrent, text: Tensor) -> Tensor:
    there = read_in_one_direction(cell, layer, text, 0)
    back = read_in_one_direction(cell, layer, text.flip(0), 1).flip(0)
    return torch.cat([there, back], dim=1)


@pytest.mark.parametrize("cell", STEPS)
@given(lengths=st.lists(st.integers(0, 5), min_size=1, max_size=6))
@settings(max_examples=30, deadline=None)
def test_every_text_is_read_alone_in_both_directions(cell, lengths):
    torch.manual_seed(0)
    layer = Recurrent(cell, WIDTH, hidden=HIDDEN).double()
    packed = torch.randn(sum(lengths), WIDTH, dtype=torch.float64)
    found = layer(packed, lengths)
    assert found.shape == (sum(lengths), 2 * HIDDEN)
    for text, annotations in zip(packed.split(lengths), found.split(lengths), strict=True):
        if len(text):
            torch.testing.assert_close(annotations, written_out(cell, layer, text), rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", STEPS)
def test_the_same_call_gives_the_same_bits(cell):
    torch.manual_seed(0)
    layer, packed = Recurrent(cell, WIDTH, hidden=HIDDEN), torch.randn(9, WIDTH)
    assert torch.equal(layer(packed, [4, 5]), layer(packed, [4, 5]))


def test_half_precision_around_it_leaves_the_recurrence_in_single():
    torch.manual_seed(0)
    layer, packed = Recurrent("gru", WIDTH, hidden=HIDDEN), torch.randn(9, WIDTH)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = layer(packed, [4, 5])
    found.sum().backward()
    torch.testing.assert_close(found, layer(packed, [4, 5]), rtol=0, atol=0.02)
    assert found.dtype == torch.float32
