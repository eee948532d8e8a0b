"""Learning what two texts have to do with each other: cross-entropy over classes, or the squared error of scores.

The weights with the best accuracy on dev are kept, or with the best Spearman correlation.
"""

import torch
from torch import Tensor

from headwork.data.pairs import PairExamples
from headwork.measure.correlation import spearman
from headwork.tasks.neural_pair import NeuralMatcher
from headwork.train.classify import Classify
from headwork.train.config import TrainConfig
from headwork.train.problem import Look


class Match(Classify):
    """The training pairs of a neural matcher."""

    def __init__(
        self, matcher: NeuralMatcher, train: PairExamples, dev: PairExamples, config: TrainConfig, *, seed: int
    ) -> None:
        super().__init__(matcher, train, dev, config, seed=seed)
        self.scores = not matcher.target.classes
        if self.scores:
            self.labels, self.dev_labels = (
                torch.as_tensor(matcher.targets(side.labels)).float() for side in (train, dev)
            )

    def cost(self, logits: Tensor, labels: Tensor) -> Tensor:
        return (logits[:, 0] - labels).square().mean() if self.scores else super().cost(logits, labels)

    def look(self) -> Look:
        """`accuracy` is Spearman's correlation where the target is a score, `loss` the mean squared error."""
        if not self.scores:
            return super().look()
        found = self.classifier.logits_of(self.dev, self.network)[:, 0]
        loss = (found - self.dev_labels).square().mean().item()
        followed = spearman(found.numpy(), self.dev_labels.numpy())
        return Look(followed, loss, (followed, -loss))
