"""Recurrence over packed texts, in one direction or in both: h_i = [forward h_i ; backward h_i].

Each cell is a function of what the tokens send to its gates, x W + b, and of the weights U between states.

Axes: N tokens of all texts together, D width of a token, H width of a direction, G gates of the cell.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from headwork.ops.gru import gru
from headwork.ops.hard_lstm import hard_lstm
from headwork.ops.lstm import lstm
from headwork.ops.steps import steps_of


class Cell(NamedTuple):
    states: Callable[[Tensor, Tensor, Sequence[int]], Tensor]
    gates: int


CellName = Literal["lstm", "hard-lstm", "gru"]
CELLS = {"lstm": Cell(lstm, 4), "hard-lstm": Cell(hard_lstm, 4), "gru": Cell(gru, 3)}


class Recurrent(nn.Module):
    """(N, D) packed tokens to (N, H) states read forward, or to (N, 2H) read forward and backward."""

    def __init__(self, cell: CellName, width: int, *, hidden: int, directions: Literal[1, 2] = 2):
        super().__init__()
        self.cell, self.directions = CELLS[cell], directions
        gates = self.cell.gates * hidden
        self.inputs = nn.Parameter(torch.empty(directions, width, gates))
        self.states = nn.Parameter(torch.empty(directions, hidden, gates))
        self.bias = nn.Parameter(torch.empty(directions * gates))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -(hidden**-0.5), hidden**-0.5)

    def forward(self, packed: Tensor, lengths: Sequence[int]) -> Tensor:
        if not len(packed):
            return packed.new_zeros(0, self.directions * self.states.shape[1])
        steps = steps_of(lengths, packed.device)
        places = steps.places[: self.directions]
        inputs = torch.baddbmm(self.bias.view(self.directions, 1, -1), packed[places], self.inputs)
        with torch.autocast(packed.device.type, enabled=False):
            found = self.cell.states(inputs.to(self.states.dtype), self.states, steps.sizes)
        return torch.cat([_packed(rows, place) for rows, place in zip(found, places, strict=True)], dim=1)


def _packed(rows: Tensor, places: Tensor) -> Tensor:
    """Put the row of each step where its token is."""
    return torch.empty_like(rows).index_copy(0, places, rows)
