"""Both language models: neither sees the other or what is to come, and no text sees its neighbours in the batch."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headwork.layers.bilm import Bilm
from headwork.ops.lstmp import State

WIDTH, HIDDEN, PROJECTION, LAYERS = 5, 4, 3, 3


def bilm(*, skip: bool = True) -> Bilm:
    torch.manual_seed(0)
    clips = {"cell_clip": 0.8, "projection_clip": 0.5}
    return Bilm(WIDTH, layers=LAYERS, hidden=HIDDEN, projection=PROJECTION, skip=skip, **clips).double()


def begun(layer: Bilm, texts: int) -> State:
    zeros = layer.zeros(texts)
    return State(torch.randn_like(zeros.h), torch.randn_like(zeros.c))


@pytest.mark.parametrize("skip", [True, False])
@given(lengths=st.lists(st.integers(1, 5), min_size=1, max_size=6))
@settings(max_examples=30)
def test_every_text_is_read_alone(skip: bool, lengths: list[int]):
    layer = bilm(skip=skip)
    packed, first = torch.randn(sum(lengths), WIDTH, dtype=torch.float64), begun(layer, len(lengths))
    found, after = layer(packed, lengths, first)
    assert found.shape == (LAYERS, sum(lengths), 2 * PROJECTION)
    for number, (text, said) in enumerate(zip(packed.split(lengths), found.split(lengths, dim=1), strict=True)):
        own = slice(number, number + 1)
        alone, behind = layer(text, [len(text)], State(first.h[:, :, own], first.c[:, :, own]))
        torch.testing.assert_close(said, alone, rtol=0, atol=1e-12)
        torch.testing.assert_close(after.h[:, :, own], behind.h, rtol=0, atol=1e-12)
        torch.testing.assert_close(after.c[:, :, own], behind.c, rtol=0, atol=1e-12)


@torch.no_grad()
def test_forward_knows_nothing_of_what_follows_and_backward_nothing_of_what_went_before():
    layer = bilm()
    text = torch.randn(7, WIDTH, dtype=torch.float64)
    other = text.clone()
    other[3] += 1
    one, two = (layer(x, [7], layer.zeros(1))[0] for x in (text, other))
    same = (one == two).unflatten(-1, (2, PROJECTION)).all(-1)
    assert same[:, :3, 0].all() and not same[:, 3:, 0].any()
    assert same[:, 4:, 1].all() and not same[:, :4, 1].any()


@torch.no_grad()
def test_a_layer_of_zeros_gives_what_it_read_where_there_are_skips():
    for skip in (True, False):
        layer = bilm(skip=skip)
        layer.layers[1].projection.zero_()
        said, _ = layer(torch.randn(4, WIDTH, dtype=torch.float64), [4], layer.zeros(1))
        assert torch.equal(said[1], said[0] if skip else torch.zeros_like(said[0]))
