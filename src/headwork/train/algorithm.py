"""Learning an algorithm from examples without end: an epoch is `EPOCH` batches, each drawn from (seed, its number).

Batch i of epoch e is number e EPOCH + i, so that a resumed run draws what an undisturbed one would have drawn.

With a curriculum the shortest inputs come alone at first, and the next longer ones join at the end of an epoch in which
the longest so far were answered well enough on dev (Zaremba and Sutskever 2014, "Learning to execute", the mixed
strategy: what is easy stays).

With a linear start a memory network learns without the softmax over its memories, which comes back, for good, once the
loss on dev has stopped falling (Sukhbaatar et al. 2015, "End-to-end memory networks"). Weights from before that are
kept only until there are some from after it.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from headwork.data.drawn import EPOCH, Drawn
from headwork.models.algorithm import Answer
from headwork.tasks.algorithm import Answered, Learner, loss_of
from headwork.train.config import TrainConfig
from headwork.train.problem import Look, Problem

LENGTHS = "lengths"
"""name of what is carried: how many of the lengths of training have joined"""
LOWEST, SINCE = "lowest", "since"
"""and with a linear start: the lowest loss on dev, and how many looks it has lasted; the last count stays"""


class Learn(Problem):
    """A learner and its endless examples; `train.batch_tokens` counts the steps of a batch."""

    def __init__(self, learner: Learner, drawn: Drawn, config: TrainConfig, *, seed: int):
        self.learner, self.drawn = learner, drawn
        super().__init__(learner.network, config, lengths=[config.batch_tokens] * EPOCH, seed=seed)
        self.carried[LENGTHS] = torch.tensor(1 if config.curriculum else len(drawn.generator.lengths))
        self.carried |= {LOWEST: torch.tensor(torch.inf, dtype=torch.float64), SINCE: torch.tensor(0)}

    @property
    def joined(self) -> Sequence[int]:
        """The lengths that batches are drawn of."""
        return self.drawn.generator.lengths[: int(self.carried[LENGTHS])]

    @property
    def starts_linear(self) -> bool:
        """Is the softmax over the memories to be left out still?"""
        return int(self.carried[SINCE]) < self.config.linear_start

    def batches(self, epoch: int) -> list[list[int]]:
        """The number of the one batch of each step."""
        return [[epoch * EPOCH + index] for index in range(EPOCH)]

    def loss(self, rows: Sequence[int]) -> Tensor:
        (number,) = rows
        if self.config.linear_start:
            self.learner.network.leave_softmax_out(self.starts_linear)
        examples = self.drawn.train(self.seed, number, self.config.batch_tokens, self.joined)
        inputs, targets = self.learner.tensors(examples)
        answer: Answer = self.network(inputs, targets)
        loss = loss_of(self.learner.generator, answer.outputs, targets)[:, examples.scored].mean()
        return loss if answer.penalty is None else loss + answer.penalty.mean()

    def look(self) -> Look:
        answered = [self.learner.answer(examples) for examples in self.drawn.dev]
        self._lengthen(answered)
        score = float(np.concatenate([each.score for each in answered]).mean())
        loss = float(np.concatenate([each.nats for each in answered]).mean())
        linear = bool(self.config.linear_start and self.network.linear)
        if self.starts_linear:
            self._watch(loss)
        return Look(score, loss, (float(not linear), score, -loss), linear)

    def _watch(self, loss: float) -> None:
        """Count the looks since the loss was lowest.

        The softmax comes back with the next step, and not here, where the weights of this look are still to be kept.
        """
        if loss < self.carried[LOWEST]:
            self.carried |= {LOWEST: torch.tensor(loss, dtype=torch.float64), SINCE: torch.tensor(0)}
        else:
            self.carried[SINCE] = self.carried[SINCE] + 1

    def _lengthen(self, answered: Sequence[Answered]) -> None:
        """Let the next length join if the longest so far were answered well enough."""
        found = zip(answered, self.drawn.dev, strict=True)
        at_longest = [each.score for each, examples in found if examples.length == self.joined[-1]]
        if np.concatenate(at_longest).mean() >= self.config.curriculum:
            self.carried[LENGTHS] = self.carried[LENGTHS] + 1
