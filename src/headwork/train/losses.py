"""Cross-entropy over classes and over labels, rows weighed by how rare their class is, easy ones by how easy they are.

    cross-entropy    -log p_t                       p_t: what the model gives to the right answer
    focal            -(1 - p_t)^gamma log p_t       gamma 0 is cross-entropy; a larger one looks away from easy rows
    balanced         n / (C n_c) times either       for a row of class c, which n_c of n rows have

Focal: Lin, Goyal, Girshick, He and Dollar 2017, "Focal loss for dense object detection". Balanced: King and Zeng 2001,
"Logistic regression in rare events data", as scikit-learn has it. The mean of the weights over the training rows is 1,
so that a batch is not divided by the weights that it happens to hold.

A label is a choice of two, p_t = sigmoid(±z), and what a row costs is the sum over its labels: the negative logarithm
of the probability of the whole set of them.

Axes: B rows, C classes, L labels.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F


def balanced_weights(labels: np.ndarray, *, classes: int) -> np.ndarray:
    """(C,) from (n,) class indices; a class without rows weighs nothing and is none of the C."""
    rows = np.bincount(labels, minlength=classes)
    return np.where(rows > 0, len(labels) / (np.maximum(rows, 1) * (rows > 0).sum()), 0.0)


def class_loss(
    logits: Tensor, labels: Tensor, *, weights: Tensor | None = None, focal: float = 0.0, smoothing: float = 0.0
) -> Tensor:
    """The mean over rows of (B, C) logits beside the (B,) right classes; `weights` are (C,)."""
    if weights is None and not focal:
        return F.cross_entropy(logits, labels, label_smoothing=smoothing)
    losses = F.cross_entropy(logits, labels, label_smoothing=smoothing, reduction="none")
    if focal:
        others = logits.scatter(1, labels[:, None], -torch.inf)
        # 1 - p_t by its logarithm: exact near 0, where a power below 1 has no slope.
        losses = losses * (focal * (others.logsumexp(1) - logits.logsumexp(1))).exp()
    return (losses if weights is None else losses * weights[labels]).mean()


def label_loss(
    logits: Tensor, labels: Tensor, *, weights: Tensor | None = None, focal: float = 0.0, smoothing: float = 0.0
) -> Tensor:
    """The mean over rows of (B, L) logits beside (B, L) truths; `weights` are (2, L), of no and of yes."""
    signed = torch.where(labels, logits, -logits)
    losses = -F.logsigmoid(signed)
    if smoothing:
        losses = losses.lerp(-F.logsigmoid(-signed), smoothing / 2)
    if focal:
        losses = losses * (focal * F.logsigmoid(-signed)).exp()
    if weights is not None:
        losses = losses * torch.where(labels, weights[1], weights[0])
    return losses.sum(1).mean()
