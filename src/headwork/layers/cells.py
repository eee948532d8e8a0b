"""One step of a recurrence, for decoders whose input depends on the step before.

Axes: B texts, I width of the input, H width of the state.
"""

from typing import Literal

import torch
from torch import Tensor, nn

State = tuple[Tensor, ...]
"""(B, H) tensors; the first is what the cell gives out"""


class Step(nn.Module):
    """A GRU (Cho et al. 2014) or an LSTM (Hochreiter and Schmidhuber 1997) that is asked step by step."""

    def __init__(self, cell: Literal["lstm", "gru"], width: int, *, hidden: int):
        super().__init__()
        self.cell = {"lstm": nn.LSTMCell, "gru": nn.GRUCell}[cell](width, hidden)

    def first(self, given: Tensor) -> State:
        """The state that starts from (B, H)."""
        return (given, torch.zeros_like(given)) if isinstance(self.cell, nn.LSTMCell) else (given,)

    def forward(self, x: Tensor, state: State) -> State:
        """(B, I) and the state before to the state after."""
        if isinstance(self.cell, nn.LSTMCell):
            return self.cell(x, (state[0], state[1]))
        return (self.cell(x, state[0]),)
