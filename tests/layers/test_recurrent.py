"""Both directions against the cells of the papers, written out."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from headwork.layers.recurrent import BiRecurrent

WIDTH, HIDDEN = 3, 4


def lstm_step(x: Tensor, h: Tensor, c: Tensor, weights: list[Tensor]) -> tuple[Tensor, Tensor]:
    w_input, w_state, b_input, b_state = weights
    i, f, g, o = (w_input @ x + b_input + w_state @ h + b_state).chunk(4)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def gru_step(x: Tensor, h: Tensor, c: Tensor, weights: list[Tensor]) -> tuple[Tensor, Tensor]:
    w_input, w_state, b_input, b_state = weights
    from_input, from_state = (w_input @ x + b_input).chunk(3), (w_state @ h + b_state).chunk(3)
    r, z = (from_input[0] + from_state[0]).sigmoid(), (from_input[1] + from_state[1]).sigmoid()
    n = (from_input[2] + r * from_state[2]).tanh()
    return (1 - z) * n + z * h, c


STEPS = {"lstm": lstm_step, "gru": gru_step}


def read_in_one_direction(step, text: Tensor, weights: list[Tensor]) -> Tensor:
    h = c = text.new_zeros(HIDDEN)
    states = []
    for x in text:
        h, c = step(x, h, c, weights)
        states.append(h)
    return torch.stack(states)


def written_out(cell: str, layer: BiRecurrent, text: Tensor) -> Tensor:
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    forward, backward = ([getattr(layer.cell, f"{name}_l0{end}") for name in names] for end in ("", "_reverse"))
    there = read_in_one_direction(STEPS[cell], text, forward)
    back = read_in_one_direction(STEPS[cell], text.flip(0), backward).flip(0)
    return torch.cat([there, back], dim=1)


@pytest.mark.parametrize("cell", STEPS)
@given(lengths=st.lists(st.integers(0, 5), min_size=1, max_size=6))
@settings(max_examples=30, deadline=None)
def test_every_text_is_read_alone_in_both_directions(cell, lengths):
    torch.manual_seed(0)
    layer = BiRecurrent(cell, WIDTH, hidden=HIDDEN).double()
    packed = torch.randn(sum(lengths), WIDTH, dtype=torch.float64)
    found = layer(packed, lengths)
    assert found.shape == (sum(lengths), 2 * HIDDEN)
    for text, annotations in zip(packed.split(lengths), found.split(lengths), strict=True):
        if len(text):
            torch.testing.assert_close(annotations, written_out(cell, layer, text), rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", STEPS)
def test_the_same_call_gives_the_same_bits(cell):
    torch.manual_seed(0)
    layer, packed = BiRecurrent(cell, WIDTH, hidden=HIDDEN), torch.randn(9, WIDTH)
    assert torch.equal(layer(packed, [4, 5]), layer(packed, [4, 5]))
