"""A network whose head is fitted on its frozen features by a logistic regression for each label.

As `logistic` has it for classes. All labels share one penalty, the one with the least loss on dev.
"""

import time

import numpy as np
import torch

from headwork.data.corpus import Examples
from headwork.measure.label_calibration import label_errors
from headwork.tasks.neural import NeuralClassifier
from headwork.train.config import train_config
from headwork.train.label_regressions import PrincipalAxes, Regressions, label_regressions
from headwork.train.logistic import STRENGTHS, LogisticFit, features_to_fit


def fit_label_head(classifier: NeuralClassifier, train: Examples, dev: Examples) -> LogisticFit:
    """Fit `network.head` on the features that `network.encode` gives for `train`, whose labels are (n, L) truths."""
    began = time.perf_counter()
    read, features, dev_features = features_to_fit(classifier, train.texts, dev.texts)
    scale = float(features.std())
    balanced = train_config(classifier.recipe).class_weights == "balanced"
    axes = PrincipalAxes.of((features / scale).astype(np.float32))  # twice as fast as in double precision
    fits: list[Regressions] = []
    for strength in STRENGTHS:
        before = fits[-1] if fits else None
        fits.append(label_regressions(axes, train.labels, strength, balanced=balanced, start=before))
    losses = [label_errors(dev_features / scale @ fit.weights.T + fit.biases, dev.labels).nll for fit in fits]
    best = int(np.argmin(losses))
    head = classifier.network.head
    with torch.no_grad():
        head.weight.copy_(torch.as_tensor(fits[best].weights / scale))
        head.bias.copy_(torch.as_tensor(fits[best].biases))
    classifier.changed()
    return LogisticFit(STRENGTHS[best], time.perf_counter() - began, read.cut)
