"""From which probability on a label is given: the threshold with the highest F1 on dev, for each label by itself.

    F1(t) = 2 hits(t) / (true rows + rows with p >= t)

Only the probabilities that occur need to be tried; the threshold lies midway between the last row that is given the
label and the next. Lipton, Elkan and Naryanaswamy 2014, "Optimal thresholding of classifiers to maximize F1 measure":
where a model knows nothing of a label, giving it to every row is the best it can do, and is what comes out here.

Axes: n rows, L labels.
"""

import numpy as np

UNSEEN = 0.5
"""the threshold of a label that no dev row has: there is nothing to fit it to"""


def fit_threshold(chances: np.ndarray, truth: np.ndarray) -> float:
    """From (n,) probabilities and whether each row has the label; of equally good thresholds the highest."""
    if not truth.any():
        return UNSEEN
    order = np.argsort(-chances, kind="stable")
    falling = chances[order]
    f1 = 2 * truth[order].cumsum() / (truth.sum() + np.arange(1, len(truth) + 1))
    following = np.append(falling[1:], 0.0)
    f1[falling == following] = -1.0  # rows of one probability are given the label together
    best = int(f1.argmax())
    middle = (falling[best] + following[best]) / 2
    return float(middle if following[best] < middle <= falling[best] else falling[best])


def fit_thresholds(chances: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(L,) from (n, L)."""
    return np.array([fit_threshold(*columns) for columns in zip(chances.T, truth.T, strict=True)])
