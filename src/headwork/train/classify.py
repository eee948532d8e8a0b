"""Learning to classify texts: cross-entropy over the classes; the weights with the best dev accuracy are kept."""

import contextlib
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from headwork.data.corpus import Examples
from headwork.ops.linear import multiplies_bf16
from headwork.tasks.neural import Neural
from headwork.train.config import TrainConfig
from headwork.train.logistic import fit_logistic_head
from headwork.train.problem import Look, Problem


class Classify(Problem):
    """The training rows of a neural classifier."""

    def __init__(self, classifier: Neural, train: Examples, dev: Examples, config: TrainConfig, *, seed: int) -> None:
        self.classifier, self.train_examples, self.dev_examples = classifier, train, dev
        self.train, self.dev = classifier.reader.read(train.items), classifier.reader.read(dev.items)
        self.labels, self.dev_labels = torch.as_tensor(train.labels), torch.as_tensor(dev.labels)
        super().__init__(classifier.network, config, lengths=self.train.lengths, seed=seed)

    def start(self) -> bool:
        """Begin with a head fitted on frozen features, where the recipe asks for it."""
        if self.config.fit != "logistic-gradient":
            return False
        fit_logistic_head(self.classifier, self.train_examples, self.dev_examples)
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
        return F.cross_entropy(logits, labels, label_smoothing=self.config.label_smoothing)

    def look(self) -> Look:
        logits = self.classifier.logits_of(self.dev, self.network)
        accuracy = (logits.argmax(1) == self.dev_labels).double().mean().item()
        loss = F.cross_entropy(logits, self.dev_labels).item()
        return Look(accuracy, loss, (accuracy, -loss))

    def end(self) -> None:
        self.classifier.changed()


def precision(config: TrainConfig, device: str) -> contextlib.AbstractContextManager[Any]:
    """Products in bfloat16 where the recipe asks for it and the machine multiplies it."""
    if config.precision == "bf16" and (device != "cpu" or multiplies_bf16()):
        return torch.autocast(torch.device(device).type, dtype=torch.bfloat16)
    return contextlib.nullcontext()
