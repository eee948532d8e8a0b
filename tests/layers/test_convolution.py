"""Convolution and its counterpart for weights against a loop over windows."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from headwork.layers.convolution import PackedConvolution, spread

WIDTH, FILTERS = 3, 2


def places_of_window(centre: int, window: int) -> range:
    left = (window - 1) // 2
    return range(centre - left, centre - left + window)


def window_by_window(layer: PackedConvolution, text: Tensor) -> Tensor:
    weight, bias = layer.filters.weight, layer.filters.bias
    answers = []
    for centre in range(len(text)):
        answer = bias.clone()
        for tap, place in enumerate(places_of_window(centre, layer.window)):
            if 0 <= place < len(text):
                answer = answer + weight[:, :, tap] @ text[place]
        answers.append(answer)
    return torch.stack(answers)


@pytest.mark.parametrize("window", [1, 2, 3, 4, 5])
@given(lengths=st.lists(st.integers(0, 7), min_size=1, max_size=5))
@settings(max_examples=25, deadline=None)
def test_every_window_stays_in_its_text(window, lengths):
    torch.manual_seed(0)
    layer = PackedConvolution(WIDTH, filters=FILTERS, window=window).double()
    packed = torch.randn(sum(lengths), WIDTH, dtype=torch.float64)
    found = layer(packed, lengths)
    assert found.shape == (sum(lengths), FILTERS)
    for text, answers in zip(packed.split(lengths), found.split(lengths), strict=True):
        if len(text):
            torch.testing.assert_close(answers, window_by_window(layer, text), rtol=0, atol=1e-12)


@pytest.mark.parametrize("window", [1, 2, 3, 4, 5])
@given(lengths=st.lists(st.integers(0, 7), min_size=1, max_size=4))
@settings(max_examples=25, deadline=None)
def test_the_value_of_a_window_is_divided_among_its_places(window, lengths):
    values = torch.rand(sum(lengths), dtype=torch.float64)
    found = spread(values, lengths, window)
    for text, tokens in zip(values.split(lengths), found.split(lengths), strict=True):
        expected = torch.zeros(len(text), dtype=torch.float64)
        for centre, value in enumerate(text):
            for place in places_of_window(centre, window):
                if 0 <= place < len(text):
                    expected[place] += value / window
        torch.testing.assert_close(tokens, expected, rtol=0, atol=1e-12)
