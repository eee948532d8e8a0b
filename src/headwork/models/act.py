"""Adaptive computation time: a recurrent network that decides how often it thinks about each step of its input.

    s^n = S(s^n-1, [x; n = 1]);   h^n = sigmoid(W s^n + b)
    N = min {n: h^1 + … + h^n >= 1 - epsilon};   p^n = h^n for n < N, and what is left to 1 for N
    s = sum_n p^n s^n;   y = sum_n p^n y^n;      ponder cost N + p^N, times tau, is added to the loss

Graves 2016, "Adaptive computation time for recurrent neural networks", section 2.

Axes: B examples, T steps, I width of a step, H width of a state, O width of an answer, N thoughts of a step at most.
"""

from typing import Any, ClassVar, Literal, NamedTuple

import msgspec
import torch
from torch import Tensor, nn

from headwork.models.algorithm import STEPWISE, Answer, Shape


class ActConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {"tiny": {"hidden": 24}, "small": {}, "base": {"hidden": 256}}

    cell: Literal["rnn", "lstm"] = "rnn"
    hidden: int = 96
    tau: float = 1e-3
    """what a thought costs"""
    epsilon: float = 0.01
    """how near to 1 the halting probabilities must come; at 1 the first thought ends it"""
    most: int = 20
    """thoughts of a step; 1 is the network without adaptive computation"""
    eagerness: float = 1.0
    """bias of the halting unit at the start: the more, the fewer thoughts (section 3)"""

    def __post_init__(self) -> None:
        if not (0 <= self.epsilon <= 1 and self.tau >= 0 and self.most >= 1 and self.hidden >= 1):
            raise ValueError(
                f"epsilon {self.epsilon}, tau {self.tau}, most {self.most}, hidden {self.hidden}; "
                "expected 0 to 1, 0 or more, 1 or more, 1 or more"
            )


class Pondered(NamedTuple):
    """One step of the input, thought about."""

    state: tuple[Tensor, ...]
    """(B, H)"""
    weights: Tensor
    """(B, N): of each thought, 0 after the last"""
    cost: Tensor
    """(B,) N + p^N"""


class Act(nn.Module):
    ANSWERS: ClassVar[frozenset[str]] = STEPWISE

    def __init__(self, config: ActConfig, shape: Shape):
        super().__init__()
        self.config = config
        cell = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell}[config.cell]
        self.cell = cell(shape.inputs + 1, config.hidden)
        self.halt = nn.Linear(config.hidden, 1)
        nn.init.constant_(self.halt.bias, config.eagerness)
        self.output = nn.Linear(config.hidden, shape.outputs)

    def forward(self, inputs: Tensor, targets: Tensor | None = None) -> Answer:
        empty = inputs.new_zeros(len(inputs), self.config.hidden)
        state = (empty,) if self.config.cell == "rnn" else (empty, empty)
        pondered = []
        for x in inputs.unbind(1):
            pondered.append(self.ponder(x, state))
            state = pondered[-1].state
        # y is linear in s, so that the answer to the mean state is the mean of the answers.
        outputs = self.output(torch.stack([each.state[0] for each in pondered], 1))
        weights = torch.stack([each.weights for each in pondered], 1)
        cost = torch.stack([each.cost for each in pondered], 1)
        return Answer(
            outputs, {"pondering": weights}, penalty=self.config.tau * cost.sum(1), thoughts=(weights > 0).sum(2)
        )

    def ponder(self, x: Tensor, state: tuple[Tensor, ...]) -> Pondered:
        """(B, I) and the state before; every example thinks on until it halts."""
        spent, cost = x.new_zeros(len(x)), x.new_zeros(len(x))
        mean = tuple(torch.zeros_like(part) for part in state)
        going, weights = torch.ones_like(spent, dtype=torch.bool), []
        for thought in range(self.config.most):
            flag = x.new_full((len(x), 1), float(thought == 0))
            state = self._think(torch.cat([x, flag], 1), state)
            halting = self.halt(state[0]).sigmoid().squeeze(1)
            ends = going & ((spent + halting >= 1 - self.config.epsilon) | (thought + 1 == self.config.most))
            weight = torch.where(ends, 1 - spent, halting) * going
            mean = tuple(torch.addcmul(so_far, weight[:, None], part) for so_far, part in zip(mean, state, strict=True))
            cost = cost + going + weight * ends
            spent, going = spent + weight, going & ~ends
            weights.append(weight)
            if not going.any():
                break
        weights += [torch.zeros_like(spent)] * (self.config.most - len(weights))
        return Pondered(mean, torch.stack(weights, 1), cost)

    def _think(self, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return self.cell(x, state) if isinstance(self.cell, nn.LSTMCell) else (self.cell(x, state[0]),)
