"""Accuracy, precision, recall and F1 from integer labels.

    precision = hits / predicted    recall = hits / true rows    F1 = 2 hits / (true rows + predicted)

macro-F1 is the plain mean of F1 over the classes that occur in the truth: what the test side does not hold cannot be
scored there. A class that is never hit counts 0 (van Rijsbergen, 1979; the "averaged F1" of Opitz and Burst, 2019).
Where every class occurs this is scikit-learn's `f1_score(average="macro", zero_division=0)`.

Axes: n rows, C classes.
"""

from collections.abc import Sequence

import numpy as np

from headwork.base.results import ClassScore


def confusion(truth: np.ndarray, predicted: np.ndarray, *, classes: int) -> np.ndarray:
    """(C, C) counts of rows: true classes down, predicted ones across."""
    return np.bincount(truth * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def accuracy(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Share of the (n,) rows that are predicted right."""
    return float(np.mean(truth == predicted))


def f1(hits: np.ndarray, true_rows: np.ndarray, predicted_rows: np.ndarray) -> np.ndarray:
    """F1 from counts of one shape; 0 where there are neither true nor predicted rows."""
    return 2 * hits / np.maximum(true_rows + predicted_rows, 1)


def mean_f1(hits: np.ndarray, true_rows: np.ndarray, predicted_rows: np.ndarray) -> np.ndarray:
    """(…) macro-F1 from (…, C) counts. A class without true rows has no hits, hence adds nothing to the sum."""
    return f1(hits, true_rows, predicted_rows).sum(-1) / np.maximum((true_rows > 0).sum(-1), 1)


def macro_f1(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Mean F1 over the classes that occur in `truth`."""
    matrix = confusion(truth, predicted, classes=1 + int(max(truth.max(), predicted.max())))
    return float(mean_f1(matrix.diagonal(), matrix.sum(1), matrix.sum(0)))


def per_class(truth: np.ndarray, predicted: np.ndarray, names: Sequence[str]) -> list[ClassScore]:
    """Precision, recall and F1 of every class in `names`, in that order; a share of nothing counts 0."""
    matrix = confusion(truth, predicted, classes=len(names))
    hits, true_rows, predicted_rows = matrix.diagonal(), matrix.sum(1), matrix.sum(0)
    columns = (
        hits / np.maximum(predicted_rows, 1),
        hits / np.maximum(true_rows, 1),
        f1(hits, true_rows, predicted_rows),
        true_rows,
    )
    return [
        ClassScore(name=name, precision=float(precision), recall=float(recall), f1=float(score), rows=int(rows))
        for name, precision, recall, score, rows in zip(names, *columns, strict=True)
    ]
