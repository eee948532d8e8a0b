"""Do the probabilities of labels come true: the measures of `calibration`, each label a choice of yes and no.

    negative log-likelihood      mean over rows and labels of -log p, of the answer that is true, in nats
    expected calibration error   of each label over bins of its probability, then a mean over labels

Bins are of the probability of yes, not of the surer of yes and no: of a rare label "no" is right nearly always.

Axes: n rows, L labels.
"""

from typing import NamedTuple

import numpy as np

from headwork.base.results import Bin
from headwork.measure.calibration import BINS, binned, gap_of_bins, negative_log_likelihood


class LabelErrors(NamedTuple):
    nll: float
    ece: float


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-z)), without overflow."""
    halved = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1.0, halved) / (1 + halved)


def of_two(logits: np.ndarray) -> np.ndarray:
    """(n,) logits of a label as (n, 2) logits of no and yes."""
    return np.stack([np.zeros_like(logits), logits], axis=1)


def label_errors(logits: np.ndarray, truth: np.ndarray) -> LabelErrors:
    """Of (n, L) logits, over their temperatures where they are calibrated, and truths."""
    chances = sigmoid(logits)
    eces = [gap_of_bins(binned(*columns)) for columns in zip(chances.T, truth.T, strict=True)]
    return LabelErrors(
        nll=negative_log_likelihood(of_two(logits.ravel()), truth.ravel().astype(int)), ece=float(np.mean(eces))
    )


def label_reliability(chances: np.ndarray, truth: np.ndarray) -> list[Bin]:
    """Of (n, L), all labels together: in each bin the mean probability and the share of rows that have the label."""
    return binned(chances.ravel(), truth.ravel(), bins=BINS)
