"""What a run's predictions say about it: confusion, scores of each class, calibration."""

from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as parquet

from headwork.base.results import Bin, ClassScore

BINS = 15
"""as in the comparison, so that a run shows the same diagram"""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Test side of one run."""

    confusion: list[list[int]]
    """rows are true classes, columns predicted ones"""
    per_class: list[ClassScore]
    reliability_before: list[Bin]
    reliability_after: list[Bin]
    ece_before: float
    ece_after: float


def read_outcome(file: Path, classes: list[str]) -> Outcome:
    """Read the test rows of predictions.parquet, before (logits) and after (probabilities) temperature scaling."""
    table = parquet.read_table(
        file, columns=["label", "predicted", "logits", "probabilities"], filters=[("side", "=", "test")]
    )
    labels, predicted = table["label"].to_numpy(), table["predicted"].to_numpy()
    shape = (len(labels), len(classes))
    logits = np.array(table["logits"].to_pylist(), dtype=np.float64).reshape(shape)
    after = np.array(table["probabilities"].to_pylist(), dtype=np.float64).reshape(shape)
    raised = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    before = raised / raised.sum(axis=1, keepdims=True)
    confusion = confusion_matrix(labels, predicted, len(classes))
    bins_before, bins_after = reliability(before, labels), reliability(after, labels)
    return Outcome(
        confusion=confusion.tolist(),
        per_class=class_scores(confusion, classes),
        reliability_before=bins_before,
        reliability_after=bins_after,
        ece_before=calibration_error(bins_before),
        ece_after=calibration_error(bins_after),
    )


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """(C, C) counts: rows are true classes, columns predicted ones."""
    confusion = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(confusion, (labels, predicted), 1)
    return confusion


def class_scores(confusion: np.ndarray, classes: list[str]) -> list[ClassScore]:
    """Precision, recall and F1 of each class; 0 where nothing was predicted or nothing was there."""
    hits = confusion.diagonal()
    true, given = confusion.sum(axis=1), confusion.sum(axis=0)
    precision, recall = hits / np.maximum(given, 1), hits / np.maximum(true, 1)
    f1 = 2 * hits / np.maximum(true + given, 1)
    return [
        ClassScore(
            name=name,
            precision=float(precision[place]),
            recall=float(recall[place]),
            f1=float(f1[place]),
            rows=int(true[place]),
        )
        for place, name in enumerate(classes)
    ]


def reliability(probabilities: np.ndarray, labels: np.ndarray) -> list[Bin]:
    """Rows (N, C) in bins of equal width, open to the left, by their highest probability; empty ones are left out."""
    confidence, hit = probabilities.max(axis=1, initial=0.0), probabilities.argmax(axis=1) == labels
    place = np.clip(np.ceil(confidence * BINS) - 1, 0, BINS - 1)
    return [
        Bin(
            confidence=float(confidence[place == one].mean()),
            accuracy=float(hit[place == one].mean()),
            rows=int((place == one).sum()),
        )
        for one in np.unique(place)
    ]


def calibration_error(bins: list[Bin]) -> float:
    """Mean distance of confidence and accuracy over rows (Guo et al. 2017, equation 3)."""
    rows = sum(one.rows for one in bins)
    return sum(one.rows * abs(one.confidence - one.accuracy) for one in bins) / rows if rows else 0.0
