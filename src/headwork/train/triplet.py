"""Learning vectors from classes: texts of one class are to be nearer to each other than to those of other classes.

    loss = max(0, |a - p| - |a - n| + margin)                  Reimers and Gurevych 2019, section 3, triplet objective

a is a text of the batch, p another one of its class, drawn from all of them, and n one of another class in the batch:
the nearest one, which is the hardest (Hermans, Beyer and Leibe 2017, "In defense of the triplet loss for person
re-identification"), or any. The weights with the most right triplets on dev are kept, and a head is fitted on what they
give.

Axes: B anchors, T texts of a batch (the anchors, then their positives), D width.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from headwork.data.corpus import Examples
from headwork.tasks.neural import NeuralClassifier
from headwork.train.classify import Classify, precision
from headwork.train.config import TrainConfig
from headwork.train.logistic import encoded, fit_logistic_head
from headwork.train.problem import Look


class Triplets(NamedTuple):
    """Rows of texts."""

    anchors: Tensor
    positives: Tensor
    negatives: Tensor


class FromTriplets(Classify):
    """The training rows of a classifier whose encoder is fitted first."""

    def __init__(
        self, classifier: NeuralClassifier, train: Examples, dev: Examples, config: TrainConfig, *, seed: int
    ) -> None:
        super().__init__(classifier, train, dev, config, seed=seed)
        self.of_class = {label: torch.nonzero(self.labels == label)[:, 0] for label in self.labels.unique().tolist()}
        self.dev_triplets = some_triplets(dev.labels, seed=seed)

    def loss(self, rows: Sequence[int]) -> Tensor:
        device = self.classifier.device
        drawn = [self._mate(row) for row in rows]
        with precision(self.config, device):
            vectors = self.classifier.network.encode(self.train.batch([*rows, *drawn]).to(device))
        labels = self.labels[[*rows, *drawn]].to(device)
        return triplet_loss(
            vectors.float(), labels, margin=self.config.margin, hard=self.config.objective == "hard-triplets"
        )

    def _mate(self, row: int) -> int:
        """Another text of its class; the text itself where it is the only one."""
        own = self.of_class[self.labels[row].item()]
        others = own[own != row] if len(own) > 1 else own
        return int(others[torch.randint(len(others), ())])

    def look(self) -> Look:
        """`accuracy` is the share of dev triplets whose positive is nearer than their negative."""
        vectors = torch.from_numpy(encoded(self.classifier, self.dev, self.network.eval()))
        anchors, positives, negatives = (vectors[rows] for rows in self.dev_triplets)
        gain = (anchors - negatives).norm(dim=1) - (anchors - positives).norm(dim=1)
        accuracy = (gain > 0).double().mean().item() if len(gain) else 0.0
        loss = functional.relu(self.config.margin - gain).mean().item() if len(gain) else 0.0
        return Look(accuracy, loss, (accuracy, -loss))

    def end(self) -> None:
        super().end()
        fit_logistic_head(self.classifier, self.train_examples, self.dev_examples)


def triplet_loss(vectors: Tensor, labels: Tensor, *, margin: float, hard: bool) -> Tensor:
    """Of (T, D) vectors with (T,) labels, of which the second half are the positives of the first.

    An anchor without a text of another class in the batch is left out.
    """
    anchors, positives = vectors.chunk(2)
    others = labels[: len(anchors), None] != labels[None]
    usable = others.any(1)
    if not usable.any():
        return 0.0 * vectors.sum()
    anchors, positives, others = anchors[usable], positives[usable], others[usable]
    with torch.no_grad():
        if hard:
            chosen = torch.cdist(anchors, vectors).masked_fill(~others, torch.inf).argmin(1)
        else:
            chosen = torch.multinomial(others.float(), 1)[:, 0]
    near, far = ((anchors - other).norm(dim=1) for other in (positives, vectors[chosen]))
    return functional.relu(near - far + margin).mean()


def some_triplets(labels: np.ndarray, *, seed: int) -> Triplets:
    """One for each of the (n,) texts that has another one of its class and one of another."""
    random = np.random.default_rng(seed)
    found: list[tuple[int, int, int]] = []
    for row, label in enumerate(labels):
        mates = np.flatnonzero(labels == label)
        mates, others = mates[mates != row], np.flatnonzero(labels != label)
        if len(mates) and len(others):
            found.append((row, int(random.choice(mates)), int(random.choice(others))))
    return Triplets(*torch.tensor(found, dtype=torch.int64).reshape(-1, 3).T)
