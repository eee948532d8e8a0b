"""Learning to give a text its labels: the cross-entropy of each label by itself, summed.

The weights with the best macro-F1 on dev are kept, each label at the threshold that is best there.
"""

from typing import ClassVar

import torch
from torch import Tensor

from headwork.measure.label_calibration import sigmoid
from headwork.measure.labels import set_scores
from headwork.measure.thresholds import fit_thresholds
from headwork.train.classify import Classify
from headwork.train.logistic_labels import fit_label_head
from headwork.train.losses import balanced_weights, label_loss
from headwork.train.problem import Look


class Label(Classify):
    """The training rows of a neural classifier whose rows have any number of labels, (n, L) truths."""

    fit_head: ClassVar = staticmethod(fit_label_head)

    def balanced(self) -> Tensor:
        """(2, L) what a row without and with each label counts, so that both sides of a label count alike."""
        columns = self.train_examples.labels.T.astype(int)
        return torch.as_tensor([balanced_weights(has, classes=2).tolist() for has in columns]).T.contiguous()

    def cost(self, logits: Tensor, labels: Tensor) -> Tensor:
        """What (B, L) logits cost beside the (B, L) truths."""
        smoothing = self.config.label_smoothing
        return label_loss(logits, labels, weights=self.weights, focal=self.config.focal, smoothing=smoothing)

    def look(self) -> Look:
        """`accuracy` is macro-F1."""
        logits, truth = self.classifier.logits_of(self.dev, self.network), self.dev_examples.labels
        chances = sigmoid(logits.numpy())
        score = set_scores(truth, chances >= fit_thresholds(chances, truth))["macro_f1"]
        loss = label_loss(logits, self.dev_labels).item()
        return Look(score, loss, (score, -loss))
