"""McNemar's exact test: do two sets of predictions go wrong on different rows only by chance?

Of the n rows that just one of the two got right, each model has its half if they are equally good:

    p = 2 P(X <= min(wins, losses)),  X ~ Binomial(n, 1/2),  at most 1

(McNemar, 1947; in this exact form Dietterich, 1998, "Approximate statistical tests for comparing supervised
classification learning algorithms"). The test speaks of two trained models, not of training: for models with several
seeds headwork gives it the predictions of the first seed of each, those that the confusion matrix shows, too.
"""

import numpy as np


def mcnemar(truth: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> float:
    """Two-sided exact p for two sets of predictions (n,) of the same rows; 1 where they are right on the same rows."""
    right, other_right = ours == truth, theirs == truth
    return binomial_half(int((right & ~other_right).sum()), int((other_right & ~right).sum()))


def binomial_half(wins: int, losses: int) -> float:
    """Two-sided exact p of so many wins and losses of a fair coin."""
    n, least = wins + losses, min(wins, losses)
    # log C(n, k) for k = 0 … least, from C(n, k) = C(n, k - 1) (n - k + 1) / k: no factorial overflows.
    k = np.arange(1, least + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log((n - k + 1) / k))]) - n * np.log(2)
    return float(min(1.0, 2 * np.exp(logs).sum()))
