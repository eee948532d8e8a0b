"""Labels that look wrong: confident learning (Northcutt, Jiang and Chuang, 2021, equations 1 and 2).

    t_j = mean probability of class j over the rows labelled j
    a row labelled i counts as j where p_j is the highest of the probabilities that reach their t_j

Rows that count as another class than their label's make up the confident joint off its diagonal. A class that the
model is generally unsure of has a low threshold, so that its rows are not blamed for the model's modesty.

The probabilities must be out of sample: from a model that has not been trained on these labels. Even so some of the
rows are the model's mistakes, and the count is a reason to look, not a verdict.

Axes: n rows, C classes.
"""

import numpy as np


def confident_class(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """(n,) the class that each row counts as, or -1 where no probability reaches its threshold."""
    rows = np.bincount(labels, minlength=probabilities.shape[1])
    own = np.bincount(labels, weights=probabilities[np.arange(len(labels)), labels], minlength=len(rows))
    # A class without labelled rows has no threshold, hence is never counted as.
    thresholds = np.where(rows > 0, own / np.maximum(rows, 1), np.inf)
    reached = np.where(probabilities >= thresholds, probabilities, -1.0)
    return np.where(reached.max(1) >= 0, reached.argmax(1), -1)


def looks_wrong(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """(n,) true on rows that count as another class than labels (n,) say; probabilities (n, C)."""
    counted = confident_class(labels, probabilities)
    return (counted >= 0) & (counted != labels)
