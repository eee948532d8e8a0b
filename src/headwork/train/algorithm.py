"""Learning an algorithm from examples without end: an epoch is `EPOCH` batches, each drawn from (seed, its number).

Batch i of epoch e is number e EPOCH + i, so that a resumed run draws what an undisturbed one would have drawn.
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from headwork.data.drawn import EPOCH, Drawn
from headwork.models.algorithm import Answer
from headwork.tasks.algorithm import Learner, loss_of
from headwork.train.config import TrainConfig
from headwork.train.problem import Look, Problem


class Learn(Problem):
    """A learner and its endless examples; `train.batch_tokens` counts the steps of a batch."""

    def __init__(self, learner: Learner, drawn: Drawn, config: TrainConfig, *, seed: int):
        self.learner, self.drawn = learner, drawn
        super().__init__(learner.network, config, lengths=[config.batch_tokens] * EPOCH, seed=seed)

    def batches(self, epoch: int) -> list[list[int]]:
        """The number of the one batch of each step."""
        return [[epoch * EPOCH + index] for index in range(EPOCH)]

    def loss(self, rows: Sequence[int]) -> Tensor:
        (number,) = rows
        examples = self.drawn.train(self.seed, number, self.config.batch_tokens)
        inputs, targets = self.learner.tensors(examples)
        answer: Answer = self.network(inputs, targets)
        loss = loss_of(self.learner.generator, answer.outputs, targets)[:, examples.scored].mean()
        return loss if answer.penalty is None else loss + answer.penalty.mean()

    def look(self) -> Look:
        answered = [self.learner.answer(examples) for examples in self.drawn.dev]
        score = float(np.concatenate([each.score for each in answered]).mean())
        loss = float(np.concatenate([each.nats for each in answered]).mean())
        return Look(score, loss, (score, -loss))
