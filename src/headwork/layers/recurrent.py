"""Recurrence in both directions over packed texts: h_i = [forward h_i ; backward h_i].

The LSTM of Hochreiter and Schmidhuber 1997 and the GRU of Cho et al. 2014, run by torch's kernels on its own packed
layout, so that no text sees the padding of another.

Axes: N tokens of all texts together, D width of a token, H width of a direction.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from headwork.ops.packed import pad, unpad

CELLS = {"lstm": nn.LSTM, "gru": nn.GRU}


class BiRecurrent(nn.Module):
    """(N, D) packed tokens to (N, 2H) annotations."""

    def __init__(self, cell: Literal["lstm", "gru"], width: int, *, hidden: int):
        super().__init__()
        self.cell = CELLS[cell](width, hidden, bidirectional=True, batch_first=True)

    def forward(self, packed: Tensor, lengths: Sequence[int]) -> Tensor:
        # A text without tokens has no packed rows either, and torch refuses it, so it is left out.
        lengths = [length for length in lengths if length]
        if not lengths:
            return packed.new_zeros(0, 2 * self.cell.hidden_size)
        rows = pack_padded_sequence(pad(packed, lengths), torch.tensor(lengths), batch_first=True, enforce_sorted=False)
        annotations, _ = pad_packed_sequence(self.cell(rows)[0], batch_first=True)
        return unpad(annotations, lengths)
