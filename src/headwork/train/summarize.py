"""Learning to choose sentences: binary cross-entropy of each, a mean over all sentences of the batch; or to write.

    loss = - mean of y ln p + (1 - y) ln(1 - p)          Liu and Lapata 2019, section 3.1

y is 1 for the sentences that the oracle chooses (`headwork.measure.rouge`). The weights with the best ROUGE-L on dev
are kept, at the number of sentences that is best there, measured on at most LOOK_DOCUMENTS documents.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from headwork.base.errors import HeadworkError
from headwork.data.summaries import Summaries
from headwork.tasks.neural_summary import NeuralChooser
from headwork.tasks.neural_summary_writer import NeuralWriter
from headwork.tasks.summarize import NOTHING_LEARNT, best_count, best_sentences
from headwork.train.classify import precision
from headwork.train.config import TrainConfig
from headwork.train.problem import Look, Problem
from headwork.train.writing import Write

LOOK_DOCUMENTS = 200


def learning(
    model: NeuralChooser | NeuralWriter, train: Summaries, dev: Summaries, config: TrainConfig, *, seed: int
) -> Problem:
    """The problem of a network that chooses sentences, or of one that writes."""
    if isinstance(model, NeuralChooser):
        return Choose(model, train, dev, config, seed=seed)
    read = model.read_to_write(train, most_windows=model.config.train_windows or None)
    return Write(model, read, model.read_to_write(dev.sample(LOOK_DOCUMENTS)), config, seed=seed)


class Choose(Problem):
    """The training documents of a network that chooses sentences; those without one to choose are left out."""

    def __init__(
        self, chooser: NeuralChooser, train: Summaries, dev: Summaries, config: TrainConfig, *, seed: int
    ) -> None:
        self.chooser, self.dev_side = chooser, dev.sample(LOOK_DOCUMENTS)
        labels = best_sentences(train.items, train.references, train.words)
        learnt = [row for row, places in enumerate(labels) if places]
        if not learnt:
            raise HeadworkError(NOTHING_LEARNT)
        most = chooser.network.config.train_windows or None
        self.train = chooser.reader.read(train[learnt].items, most_windows=most)
        self.labels = [
            torch.tensor([float(place in labels[row]) for place in places])
            for row, places in zip(learnt, self.train.places, strict=True)
        ]
        self.dev = chooser.reader.read(self.dev_side.items)
        dev_labels = best_sentences(self.dev_side.items, self.dev_side.references, dev.words)
        self.dev_labels = [
            np.isin(np.arange(len(document)), places)
            for document, places in zip(self.dev_side.items, dev_labels, strict=True)
        ]
        super().__init__(chooser.network, config, lengths=self.train.lengths, seed=seed)

    def loss(self, rows: Sequence[int]) -> Tensor:
        device = self.chooser.device
        labels = torch.cat([self.labels[row] for row in rows]).to(device)
        with precision(self.config, device):
            logits = self.network(self.train.batch(rows).to(device))
        return F.binary_cross_entropy_with_logits(logits.float(), labels)

    def look(self) -> Look:
        """`accuracy` is ROUGE-L."""
        logits = self.chooser.logits_of(self.dev, self.network)
        _, score = best_count(self.dev_side, logits, blocks=self.chooser.blocks)
        labels = torch.tensor(np.concatenate(self.dev_labels)).double()
        loss = F.binary_cross_entropy_with_logits(torch.tensor(np.concatenate(logits)), labels).item()
        return Look(score, loss, (score, -loss))

    def end(self) -> None:
        self.chooser.changed()
