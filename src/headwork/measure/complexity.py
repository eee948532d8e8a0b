"""What a layer over n tokens of width d costs: Vaswani et al. 2017, "Attention Is All You Need", table 1, counted out.

    self-attention   4 n² d       1 step       path 1            scores and the weighted sum
    restricted       4 n w d      1 step       path n / w        each token sees w neighbours
    recurrent        16 n d²      n steps      path n            the four gates of an LSTM, from input and state
    convolution      2 k n d²     1 step       path n / k        windows of k tokens, d filters

A multiplication and an addition count as two operations. Steps must follow one another; the path is the most layers or
steps that a signal takes between two tokens. What the table leaves out is left out: projections into queries, keys,
values and back (8 n d²), softmax and biases.
"""

from typing import NamedTuple


class LayerCost(NamedTuple):
    operations: int
    steps: int
    path: int


def self_attention(tokens: int, width: int) -> LayerCost:
    return LayerCost(4 * tokens**2 * width, 1, 1)


def restricted_attention(tokens: int, width: int, window: int) -> LayerCost:
    return LayerCost(4 * tokens * min(window, tokens) * width, 1, -(-tokens // window))


def lstm(tokens: int, width: int) -> LayerCost:
    return LayerCost(16 * tokens * width**2, tokens, tokens)


def convolution(tokens: int, width: int, window: int) -> LayerCost:
    return LayerCost(2 * window * tokens * width**2, 1, -(-tokens // window))


def projections(tokens: int, width: int) -> int:
    """Operations that self-attention spends on queries, keys, values and output."""
    return 8 * tokens * width**2
