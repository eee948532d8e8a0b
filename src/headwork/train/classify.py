"""Learning to classify texts: cross-entropy over the classes, or what `losses` makes of it.

The weights with the best accuracy on dev are kept.
"""

import contextlib
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from headwork.data.corpus import Examples
from headwork.ops.linear import dtype_of
from headwork.tasks.neural import Neural
from headwork.train.config import TrainConfig
from headwork.train.logistic import fit_logistic_head
from headwork.train.losses import balanced_weights, class_loss
from headwork.train.problem import Look, Problem


class Classify(Problem):
    """The training rows of a neural classifier."""

    fit_head: ClassVar = staticmethod(fit_logistic_head)
    """the head alone, on frozen features"""

    def __init__(self, classifier: Neural, train: Examples, dev: Examples, config: TrainConfig, *, seed: int) -> None:
        self.classifier, self.train_examples, self.dev_examples = classifier, train, dev
        self.train, self.dev = classifier.read_to_learn(train.items), classifier.reader.read(dev.items)
        self.labels, self.dev_labels = torch.as_tensor(train.labels), torch.as_tensor(dev.labels)
        super().__init__(classifier.network, config, lengths=self.train.lengths, seed=seed)
        self.cut = self.train.cut
        self.weights = self.balanced().to(classifier.device) if config.class_weights == "balanced" else None

    def balanced(self) -> Tensor:
        """(C,) what a row of each class counts, so that all classes count alike."""
        weights = balanced_weights(self.train_examples.labels, classes=self.classifier.outputs)
        return torch.as_tensor(weights).float()

    def start(self) -> bool:
        """Begin with a head fitted on frozen features, where the recipe asks for it."""
        if self.config.fit != "logistic-gradient":
            return False
        self.fit_head(self.classifier, self.train_examples, self.dev_examples)
        return True

    def loss(self, rows: Sequence[int]) -> Tensor:
        device = self.classifier.device
        batch, labels = self.train.batch(rows).to(device), self.labels[rows].to(device)
        penalised: Any = getattr(self.network, "with_penalty", None)
        with precision(self.config, device):
            logits, penalty = penalised(batch) if penalised else (self.network(batch), 0.0)
        return self.cost(logits.float(), labels) + penalty

    def cost(self, logits: Tensor, labels: Tensor) -> Tensor:
        """What (B, C) logits cost beside the (B,) right answers."""
        smoothing = self.config.label_smoothing
        return class_loss(logits, labels, weights=self.weights, focal=self.config.focal, smoothing=smoothing)

    def look(self) -> Look:
        logits = self.classifier.logits_of(self.dev, self.network)
        accuracy = (logits.argmax(1) == self.dev_labels).double().mean().item()
        loss = F.cross_entropy(logits, self.dev_labels).item()
        return Look(accuracy, loss, (accuracy, -loss))

    def end(self) -> None:
        self.classifier.changed()


def precision(config: TrainConfig, device: str) -> contextlib.AbstractContextManager[Any]:
    """Products in bfloat16 where the recipe asks for it and the machine multiplies it."""
    dtype = dtype_of(config.precision, device)
    if dtype == torch.float32:
        return contextlib.nullcontext()
    return torch.autocast(torch.device(device).type, dtype=dtype)
