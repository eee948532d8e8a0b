"""A network whose head is fitted on its frozen features by a logistic regression for each label.

As `logistic` has it for classes. All labels share one penalty, the one with the least loss on dev.
"""

import time
from typing import TYPE_CHECKING

import numpy as np
import torch

from headwork.data.corpus import Examples
from headwork.measure.label_calibration import label_errors
from headwork.tasks.neural import NeuralClassifier
from headwork.train.config import train_config
from headwork.train.logistic import STRENGTHS, LogisticFit, features_to_fit

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

ALWAYS = 30.0
"""the logit of a label that all training rows have; less that, of one that none has"""


def fit_label_head(classifier: NeuralClassifier, train: Examples, dev: Examples) -> LogisticFit:
    """Fit `network.head` on the features that `network.encode` gives for `train`, whose labels are (n, L) truths."""
    from sklearn.linear_model import LogisticRegression  # only here: it takes as long to load as torch

    began = time.perf_counter()
    read, features, dev_features = features_to_fit(classifier, train.texts, dev.texts)
    scale = float(features.std())
    weighs = "balanced" if train_config(classifier.recipe).class_weights == "balanced" else None
    heads = []
    for strength in STRENGTHS:
        # Newton's method: a few passes over rows of some hundred features, where the default takes a hundred.
        model = LogisticRegression(C=strength, class_weight=weighs, solver="newton-cholesky")
        rows = [_row(model, features / scale, truth) for truth in train.labels.T]
        heads.append((np.stack([weight for weight, _ in rows]), np.array([bias for _, bias in rows])))
    losses = [label_errors(dev_features / scale @ weights.T + biases, dev.labels).nll for weights, biases in heads]
    best = int(np.argmin(losses))
    weights, biases = heads[best]
    head = classifier.network.head
    with torch.no_grad():
        head.weight.copy_(torch.as_tensor(weights / scale))
        head.bias.copy_(torch.as_tensor(biases))
    classifier.changed()
    return LogisticFit(STRENGTHS[best], time.perf_counter() - began, read.cut)


def _row(model: "LogisticRegression", features: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights (D,) and bias of a label."""
    if truth.all() or not truth.any():
        return np.zeros(features.shape[1]), ALWAYS if truth.all() else -ALWAYS
    fitted = model.fit(features, truth)
    return fitted.coef_[0], float(fitted.intercept_[0])
