"""Convolution over the tokens of packed texts (Kim 2014, "Convolutional Neural Networks for Sentence Classification").

    c_i = W · x_{i-left : i+right} + b    eq. 2, with the window laid around token i, zeros beyond the text

One window for each token keeps the packed layout: N tokens give N feature vectors, whatever the width, and a text
shorter than the window needs no special case.

Axes: N tokens of all texts together, D width of a token, F filters.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from headwork.ops.packed import pad, unpad


class PackedConvolution(nn.Module):
    """(N, D) packed tokens to (N, F): `filters` linear filters over windows of `window` tokens."""

    def __init__(self, width: int, *, filters: int, window: int):
        super().__init__()
        self.window = window
        self.filters = nn.Conv1d(width, filters, window)

    def forward(self, packed: Tensor, lengths: Sequence[int]) -> Tensor:
        if not len(packed):
            return packed.new_zeros(0, self.filters.out_channels)
        left = (self.window - 1) // 2
        places = functional.pad(pad(packed, lengths).transpose(1, 2), (left, self.window - 1 - left))
        return unpad(self.filters(places).transpose(1, 2), lengths)


def spread(values: Tensor, lengths: Sequence[int], window: int) -> Tensor:
    """(N,) values of windows to (N,) values of tokens: each is divided equally among the tokens of its window."""
    if not len(values):
        return values
    right = window // 2
    margins = (right, window - 1 - right)
    divided = pad(values, lengths)[:, None]
    ones = torch.ones(1, 1, window, dtype=values.dtype, device=values.device) / window
    return unpad(functional.conv1d(functional.pad(divided, margins), ones)[:, 0], lengths)
