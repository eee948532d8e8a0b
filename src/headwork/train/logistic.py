"""A network whose head is fitted by logistic regression on its frozen features.

The encoder runs once over the texts; scikit-learn fits the head; the head's weights go into the network, so that
predicting is the same forward pass as after fine-tuning.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from headwork.base.results import Cut
from headwork.data.batches import ordered_batches
from headwork.data.corpus import Examples
from headwork.ops.threads import each_in_a_thread
from headwork.tasks.neural import PREDICT_TOKENS, NeuralClassifier
from headwork.tasks.reading import ReadTexts
from headwork.train.config import train_config

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

STRENGTHS = (0.1, 1.0, 10.0, 100.0)
"""inverse penalties tried; the best on dev is kept"""


@dataclass(frozen=True)
class LogisticFit:
    """How the head was fitted."""

    strength: float
    seconds: float
    cut: Cut
    """what of the training texts was not seen"""


def fit_logistic_head(classifier: NeuralClassifier, train: Examples, dev: Examples) -> LogisticFit:
    """Fit `network.head` on the features that `network.encode` gives for `train`."""
    from sklearn.linear_model import LogisticRegression  # only here: it takes as long to load as torch

    began = time.perf_counter()
    read = classifier.reader.read(train.texts)
    features, dev_features = features_from(classifier, read), features_of(classifier, dev.texts)
    # Features of a pretrained encoder are small numbers; one common scale makes the penalties comparable.
    scale = float(features.std())
    weighs = "balanced" if train_config(classifier.recipe).class_weights == "balanced" else None
    fits = [
        LogisticRegression(C=strength, max_iter=2000, class_weight=weighs).fit(features / scale, train.labels)
        for strength in STRENGTHS
    ]
    scores = [fit.score(dev_features / scale, dev.labels) for fit in fits]
    best = int(np.argmax(scores))
    put_into_head(classifier.network.head, fits[best], scale=scale)
    classifier.changed()
    return LogisticFit(STRENGTHS[best], time.perf_counter() - began, read.cut)


def put_into_head(head: nn.Linear, fitted: "LogisticRegression", *, scale: float) -> None:
    """Copy the coefficients so that softmax(head(x)) equals the fitted probabilities of x / scale.

    A class that the training side lacks keeps a bias so low that it is never chosen.
    """
    weight, bias = fitted.coef_ / scale, fitted.intercept_
    if len(fitted.classes_) == 2:  # one row that speaks for the second class
        weight, bias = np.concatenate([np.zeros_like(weight), weight]), np.concatenate([[0.0], bias])
    with torch.no_grad():
        head.weight.zero_()
        head.bias.fill_(-30.0)
        head.weight[fitted.classes_] = torch.as_tensor(weight, dtype=head.weight.dtype, device=head.weight.device)
        head.bias[fitted.classes_] = torch.as_tensor(bias, dtype=head.bias.dtype, device=head.bias.device)


def features_of(classifier: NeuralClassifier, texts: Sequence[str]) -> np.ndarray:
    """(n, D) pooled features of the frozen network, in float64."""
    return features_from(classifier, classifier.reader.read(texts))


def features_from(classifier: NeuralClassifier, read: ReadTexts) -> np.ndarray:
    """As `features_of`, of texts that are already tokenized."""
    network = classifier.fast
    batches = ordered_batches(read.lengths, PREDICT_TOKENS)
    blocks = each_in_a_thread(lambda rows: network.encode(read.batch(rows).to(classifier.device)), batches)
    features = np.zeros((len(read.ids), network.head.in_features))
    for rows, block in zip(batches, blocks, strict=True):
        features[rows] = block.double().cpu().numpy()
    return features
