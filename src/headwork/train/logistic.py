"""A network whose head is fitted on its frozen features: by logistic regression, or of scores by ridge regression.

The encoder runs once over the texts; scikit-learn fits the head; the head's weights go into the network, so that
predicting is the same forward pass as after fine-tuning.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from headwork.base.results import Cut
from headwork.data.batches import ordered_batches
from headwork.data.corpus import Examples
from headwork.ops.linear import dtype_of, for_inference
from headwork.ops.threads import each_in_a_thread
from headwork.tasks.neural import PREDICT_TOKENS, Neural, Read
from headwork.train.config import train_config

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression, Ridge

STRENGTHS = (0.1, 1.0, 10.0, 100.0)
"""inverse penalties tried; the best on dev is kept"""


@dataclass(frozen=True)
class LogisticFit:
    """How the head was fitted."""

    strength: float
    seconds: float
    cut: Cut
    """what of the training texts was not seen"""


def fit_logistic_head(classifier: Neural, train: Examples, dev: Examples) -> LogisticFit:
    """Fit `network.head` on the features that `network.encode` gives for `train`."""
    began = time.perf_counter()
    read, features, dev_features = features_to_fit(classifier, train.items, dev.items)
    labels, dev_labels = classifier.targets(train.labels), classifier.targets(dev.labels)
    # Features of a pretrained encoder are small numbers; one common scale makes the penalties comparable.
    scale = float(features.std())
    weighs = train_config(classifier.recipe).class_weights
    fits = [linear(labels, strength, weighs=weighs).fit(features / scale, labels) for strength in STRENGTHS]
    scores = [fit.score(dev_features / scale, dev_labels) for fit in fits]
    best = int(np.argmax(scores))
    put_into_head(classifier.network.head, fits[best], scale=scale)
    classifier.changed()
    return LogisticFit(STRENGTHS[best], time.perf_counter() - began, read.cut)


def linear(labels: np.ndarray, strength: float, *, weighs: str = "none") -> "LogisticRegression | Ridge":
    """The model of (n,) classes or scores, to be fitted; `weighs` says what rows count, as in `train.class_weights`."""
    from sklearn.linear_model import LogisticRegression, Ridge  # only here: it takes as long to load as torch

    if labels.dtype.kind == "f":
        return Ridge(1 / strength)
    return LogisticRegression(C=strength, max_iter=2000, class_weight="balanced" if weighs == "balanced" else None)


def put_into_head(head: nn.Linear, fitted: "LogisticRegression | Ridge", *, scale: float) -> None:
    """Copy the coefficients so that head(x) is the fitted score of x / scale, or softmax(head(x)) the probabilities.

    A class that the training side lacks keeps a bias so low that it is never chosen.
    """
    weight, bias = np.atleast_2d(fitted.coef_) / scale, np.atleast_1d(fitted.intercept_)
    rows = getattr(fitted, "classes_", np.arange(1))
    if len(rows) == 2:  # one row that speaks for the second class
        weight, bias = np.concatenate([np.zeros_like(weight), weight]), np.concatenate([[0.0], bias])
    with torch.no_grad():
        head.weight.zero_()
        head.bias.fill_(-30.0)
        head.weight[rows] = torch.as_tensor(weight, dtype=head.weight.dtype, device=head.weight.device)
        head.bias[rows] = torch.as_tensor(bias, dtype=head.bias.dtype, device=head.bias.device)


def features_to_fit(classifier: Neural, train: Sequence[Any], dev: Sequence[Any]) -> tuple[Any, np.ndarray, np.ndarray]:
    """The training rows as they were read, and the (n, D) features of both sides in the precision of training."""
    dtype = dtype_of(train_config(classifier.recipe).precision, classifier.device)
    network = classifier.fast if dtype == torch.float32 else for_inference(classifier.network, dtype)
    read, read_dev = (classifier.reader.read(items) for items in (train, dev))
    return read, encoded(classifier, read, network), encoded(classifier, read_dev, network)


def features_of(classifier: Neural, items: Sequence[Any]) -> np.ndarray:
    """(n, D): what the head sees of texts or pairs, in float64."""
    return encoded(classifier, classifier.reader.read(items), classifier.fast)


def encoded(classifier: Neural, read: Read, network: Any) -> np.ndarray:
    """(n, D): what `network` makes of rows that are already tokenized, in their order."""
    batches = ordered_batches(read.lengths, PREDICT_TOKENS, classifier.device)
    blocks = each_in_a_thread(lambda rows: network.encode(read.batch(rows).to(classifier.device)), batches)
    features = np.zeros((len(read.lengths), network.head.in_features))
    for rows, block in zip(batches, blocks, strict=True):
        features[rows] = block.double().cpu().numpy()
    return features
