"""Recurrence in both directions over packed texts: h_i = [forward h_i ; backward h_i].

Each cell is a function of what the tokens send to its gates, x W + b, and of the weights U between states.

Axes: N tokens of all texts together, D width of a token, H width of a direction, G gates of the cell.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from headwork.ops.gru import gru
from headwork.ops.lstm import lstm
from headwork.ops.steps import steps_of


class Cell(NamedTuple):
    states: Callable[[Tensor, Tensor, Sequence[int]], Tensor]
    gates: int


CELLS = {"lstm": Cell(lstm, 4), "gru": Cell(gru, 3)}


class BiRecurrent(nn.Module):
    """(N, D) packed tokens to (N, 2H) annotations."""

    def __init__(self, cell: Literal["lstm", "gru"], width: int, *, hidden: int):
        super().__init__()
        self.cell = CELLS[cell]
        self.inputs = nn.Parameter(torch.empty(2, width, self.cell.gates * hidden))
        self.states = nn.Parameter(torch.empty(2, hidden, self.cell.gates * hidden))
        self.bias = nn.Parameter(torch.empty(2 * self.cell.gates * hidden))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -(hidden**-0.5), hidden**-0.5)

    def forward(self, packed: Tensor, lengths: Sequence[int]) -> Tensor:
        if not len(packed):
            return packed.new_zeros(0, 2 * self.states.shape[1])
        steps = steps_of(lengths, packed.device)
        inputs = torch.baddbmm(self.bias.view(2, 1, -1), packed[steps.places], self.inputs)
        with torch.autocast(packed.device.type, enabled=False):
            there, back = self.cell.states(inputs.to(self.states.dtype), self.states, steps.sizes)
        return torch.cat([_packed(there, steps.places[0]), _packed(back, steps.places[1])], dim=1)


def _packed(rows: Tensor, places: Tensor) -> Tensor:
    """Put the row of each step where its token is."""
    return torch.empty_like(rows).index_copy(0, places, rows)
