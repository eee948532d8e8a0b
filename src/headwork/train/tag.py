"""Learning to tag words: cross-entropy of each word's tag; the weights with the best F1 of entities on dev are kept.

Where tags mark no entities it is their accuracy.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from headwork.data.tagged import TaggedExamples
from headwork.measure.entities import facts_of, formulas_of
from headwork.tasks.neural_tag import NeuralTagger
from headwork.train.classify import precision
from headwork.train.config import TrainConfig
from headwork.train.problem import Look, Problem


class Tag(Problem):
    """The training sentences of a neural tagger, in windows."""

    def __init__(
        self, tagger: NeuralTagger, train: TaggedExamples, dev: TaggedExamples, config: TrainConfig, *, seed: int
    ) -> None:
        self.tagger, self.dev_examples = tagger, dev
        self.train, self.dev = tagger.reader.read(train.items), tagger.reader.read(dev.items)
        self.labels, self.dev_labels = torch.as_tensor(train.labels), torch.as_tensor(dev.labels)
        super().__init__(tagger.network, config, lengths=self.train.lengths, seed=seed)

    def loss(self, rows: Sequence[int]) -> Tensor:
        device = self.tagger.device
        labels = self.labels[self.train.answered(rows)].to(device)
        with precision(self.config, device):
            logits = self.network(self.train.batch(rows).to(device))
        return F.cross_entropy(logits.float(), labels, label_smoothing=self.config.label_smoothing)

    def look(self) -> Look:
        """`accuracy` is the score that models are ranked by."""
        logits = self.tagger.logits_of(self.dev, self.network)
        loss = F.cross_entropy(logits, self.dev_labels).item()
        truth, tags = self.dev_examples.truth, self.tagger.tags
        found = self.tagger.decode(logits.numpy(), [len(each) for each in truth])
        formula = next(iter(formulas_of(tags).values()))
        score = float(formula(facts_of(truth, found, tags).sum(0)))
        return Look(score, loss, (score, -loss))

    def end(self) -> None:
        self.tagger.changed()
