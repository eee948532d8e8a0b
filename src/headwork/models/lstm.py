"""A long short-term memory that reads a step and answers it: the baseline of every model with a memory outside.

    h_t, c_t = LSTM(x_t, h_t-1, c_t-1);   y_t = W h_t + b       Hochreiter and Schmidhuber 1997

Axes: B examples, T steps, I width of a step, H width of a state, O width of an answer.
"""

from typing import Any, ClassVar

import msgspec
from torch import Tensor, nn

from headwork.models.algorithm import STEPWISE, Answer, Shape


class LstmConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {"tiny": {"hidden": 24}, "small": {}, "base": {"hidden": 256}}

    hidden: int = 96
    layers: int = 1


class Lstm(nn.Module):
    ANSWERS: ClassVar[frozenset[str]] = STEPWISE

    def __init__(self, config: LstmConfig, shape: Shape):
        super().__init__()
        self.recurrent = nn.LSTM(shape.inputs, config.hidden, config.layers, batch_first=True)
        self.output = nn.Linear(config.hidden, shape.outputs)

    def forward(self, inputs: Tensor, targets: Tensor | None = None) -> Answer:
        states, _ = self.recurrent(inputs)
        return Answer(self.output(states))
