"""Several problems on one encoder, learnt at once: the loss of a step is the sum of theirs, weighed by `beside`.

A step has rows of each: those of the main problem make the epoch, and the others', in an order drawn for the epoch, are
taken from the start again where they are fewer. A problem that weighs nothing in a step is left out of it, so that the
main one alone learns what it would have learnt by itself, to the bit. The weights that are best for the main one are
kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from msgspec.structs import replace
from torch import Tensor, nn

from headwork.base.errors import HeadworkError
from headwork.base.runs import TaskPoint
from headwork.train.beside import Beside, weights_of
from headwork.train.problem import Look, Problem

LOSSES = "losses."
"""before a task's name: name of what is carried, the sum and the number of its losses since the last look"""
DATA = "data"
"""name of what is carried: which rows the other tasks have"""


@dataclass(frozen=True)
class Side:
    """A task beside the main one."""

    beside: Beside
    problem: Problem
    model: Any = None
    """what its task can be asked for, where it has data of its own"""
    fingerprint: str = ""
    """of those data"""


class Together(Problem):
    """`main` and what is learnt beside it; all of their networks have one core."""

    def __init__(self, main: Problem, name: str, sides: Sequence[Side]) -> None:
        self.main, self.sides = main, list(sides)
        self.problems: Mapping[str, Problem] = {name: main, **{side.beside.what: side.problem for side in sides}}
        if len(self.problems) <= len(sides):
            raise HeadworkError(f"train.beside: {name} is the task itself; name another beside it")
        self.name = name
        config = main.config
        if any(side.beside.moves for side in sides):  # what moves has an end, before which nothing can be said
            config = replace(config, patience=max(config.patience, config.epochs * main.looks))
        network = nn.ModuleDict({name: problem.network for name, problem in self.problems.items()})
        lengths = [length for problem in self.problems.values() for length in problem.lengths]
        super().__init__(network, config, lengths=lengths, seed=main.seed)
        self.cut, self.looks = main.cut, main.looks
        self.carried |= {LOSSES + name: torch.zeros(2, dtype=torch.float64) for name in self.problems}
        self.data = torch.tensor([int(side.fingerprint[:15] or "0", 16) for side in sides])
        self.carried[DATA] = self.data

    @property
    def weights(self) -> dict[str, float]:
        """Of each task, the main one first, in the step in hand; they sum to one."""
        return weights_of(self.name, [side.beside for side in self.sides], self.done)

    @property
    def models(self) -> dict[str, Any]:
        """By task, what was learnt beside the main one and can be asked."""
        return {side.beside.what: side.model for side in self.sides if side.model is not None}

    def batches(self, epoch: int) -> list[list[int]]:
        """Rows are numbered through, problem by problem."""
        steps, first = [list[int]() for _ in self.main.batches(epoch)], 0
        for problem in self.problems.values():
            own = problem.batches(epoch)
            for place, rows in enumerate(steps):
                rows += [first + row for row in own[place % len(own)]]
            first += len(problem.lengths)
        return steps

    def loss(self, rows: Sequence[int]) -> Tensor:
        if not torch.equal(self.carried[DATA], self.data):
            raise HeadworkError(
                "train.beside: the data have changed since this run was begun; begin it in another folder"
            )
        total, first = None, 0
        for (name, problem), weight in zip(self.problems.items(), self.weights.values(), strict=True):
            own = [row - first for row in rows if first <= row < first + len(problem.lengths)]
            first += len(problem.lengths)
            if weight <= 0:
                continue
            problem.done = self.done
            loss = problem.loss(own)
            self.carried[LOSSES + name] = self.carried[LOSSES + name] + torch.tensor([loss.item(), 1.0])
            total = weight * loss if total is None else total + weight * loss
        assert total is not None  # weights sum to one
        return total

    def look(self) -> Look:
        """That of the main problem, with each task's weight and losses."""
        looks = {name: problem.look() for name, problem in self.problems.items()}
        tasks = {name: self._point(name, look) for name, look in looks.items()}
        self.carried |= {LOSSES + name: torch.zeros(2, dtype=torch.float64) for name in self.problems}
        return looks[self.name]._replace(tasks=tasks)

    def _point(self, name: str, look: Look) -> TaskPoint:
        total, steps = self.carried[LOSSES + name].tolist()
        return TaskPoint(
            weight=self.weights[name],
            train_loss=total / steps if steps else None,
            dev_loss=look.loss,
            dev_score=look.accuracy,
        )

    def start(self) -> bool:
        return self.main.start()

    def end(self) -> None:
        for problem in self.problems.values():
            problem.end()
