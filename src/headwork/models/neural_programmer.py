"""Neural programmer: a controller chooses an operation and a column, a few times, and a table is computed on.

    q = LSTM(words);   h_p = tanh(W [a_p-1; b_p-1; h_p-1]);   a_p, b_p = softmax(U_a tanh(W_a [q; h_p])), … of b
    s_p+1 = sum_m b_pm (a_p[greater] (t_m > pivot) + a_p[lesser] (t_m < pivot)) + a_p[reset] 1 + rest s_p,   s_1 = 1
    y_p   = sum_m b_pm (a_p[sum] s_p · t_m + a_p[maximum] max_r s_pr t_mr) + a_p[count] sum_r s_pr

The answer is y of the last step. In training choices are soft, so that the answer alone teaches the program; afterwards
the likeliest operation and column of each step are run (Neelakantan, Le and Sutskever 2016, "Neural programmer:
Inducing latent programs with gradient descent", section 2). The pivot is the number in the question. The rest, the
choice of operations that give a number, leaves the rows s as they are; if it left none, a faint choice of rows times a
sum would come near to a maximum, and the search would end there.

Axes: B examples, T steps, Q words, R rows, M columns, P steps of the program, H width of a state.
"""

from typing import Any, ClassVar

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.models.algorithm import Answer, Shape, channels_of

OPERATIONS = ("sum", "maximum", "count", "greater", "lesser", "reset")


class NeuralProgrammerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {"tiny": {"hidden": 16}, "small": {}, "base": {"hidden": 128}}

    hidden: int = 48
    steps: int = 2
    """of a program"""

    def __post_init__(self) -> None:
        if self.steps < 1 or self.hidden < 1:
            raise ValueError(f"steps is {self.steps}, hidden {self.hidden}; expected at least 1")


class NeuralProgrammer(nn.Module):
    ANSWERS: ClassVar[frozenset[str]] = frozenset({"number"})

    def __init__(self, config: NeuralProgrammerConfig, shape: Shape):
        super().__init__()
        self.config = config
        self.words, self.number, self.cells = (
            slice(found.start, found.stop)
            for found in (channels_of(shape, name) for name in ("words", "number", "cells"))
        )
        hidden, columns = config.hidden, self.cells.stop - self.cells.start
        self.question = nn.LSTM(self.words.stop - self.words.start, hidden, batch_first=True)
        self.history = nn.Linear(len(OPERATIONS) + columns + hidden, hidden)
        self.operation = _chooser(2 * hidden, hidden, len(OPERATIONS))
        self.column = _chooser(2 * hidden, hidden, columns)

    def forward(self, inputs: Tensor, targets: Tensor | None = None) -> Answer:
        operations, columns = self.program(inputs)
        answer = run_program(operations, columns, *self.table(inputs))
        outputs = answer[:, None, None].expand(-1, inputs.shape[1], 1)
        return Answer(outputs, {"operations": operations, "columns": columns})

    def program(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """(B, P, operations) and (B, P, M): choices that sum to one, hard but in training."""
        words = inputs[:, : self._asked(inputs), self.words]
        _, (states, _) = self.question(words)
        asked, history = states[0], torch.zeros_like(states[0])
        found: list[tuple[Tensor, Tensor]] = []
        for _ in range(self.config.steps):
            known = torch.cat([asked, history], 1)
            found.append((self._chosen(self.operation(known)), self._chosen(self.column(known))))
            history = self.history(torch.cat([*found[-1], history], 1)).tanh()
        operations, columns = zip(*found, strict=True)
        return torch.stack(operations, 1), torch.stack(columns, 1)

    def table(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """(B, R, M) cells and (B,) pivots."""
        return inputs[:, self._asked(inputs) :, self.cells], inputs[..., self.number].sum((1, 2))

    def _asked(self, inputs: Tensor) -> int:
        """Q: rows have no words."""
        return int(inputs[0, :, self.words].any(1).sum())

    def _chosen(self, logits: Tensor) -> Tensor:
        return logits.softmax(1) if self.training else F.one_hot(logits.argmax(1), logits.shape[1]).to(logits.dtype)


def _chooser(wide: int, hidden: int, choices: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(wide, hidden), nn.Tanh(), nn.Linear(hidden, choices, bias=False))


def run_program(operations: Tensor, columns: Tensor, cells: Tensor, pivots: Tensor) -> Tensor:
    """(B, P, operations), (B, P, M), (B, R, M) and (B,) to the (B,) answers of the last step."""
    greater, lesser = (cells > pivots[:, None, None]).to(cells), (cells < pivots[:, None, None]).to(cells)
    rows, answer = torch.ones_like(cells[..., 0]), torch.zeros_like(pivots)
    for chosen, column in zip(operations.unbind(1), columns.unbind(1), strict=True):
        a = dict(zip(OPERATIONS, chosen.unbind(1), strict=True))
        selected = rows[..., None] * cells
        by_column = a["sum"][:, None] * selected.sum(1) + a["maximum"][:, None] * selected.amax(1)
        answer = (column * by_column).sum(1) + a["count"] * rows.sum(1)
        compared = a["greater"][:, None, None] * greater + a["lesser"][:, None, None] * lesser
        kept = (a["sum"] + a["maximum"] + a["count"])[:, None] * rows
        rows = (compared * column[:, None]).sum(2) + a["reset"][:, None] + kept
    return answer
