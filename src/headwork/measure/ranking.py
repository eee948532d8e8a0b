"""How well probabilities put the rows that have a label before those that have not: ROC AUC and average precision.

    AUC    share of the pairs (a row with the label, a row without) that are in order; one of equals counts half
    AP     sum over thresholds of (R_k - R_k-1) P_k     precision where each further row with the label is found

AUC is the Mann-Whitney statistic (Hanley and McNeil 1982). Both are those of scikit-learn. A label that all rows have,
or none, has no AUC, and one that none has no AP: nan, which is left out of means.

All that counts of a row without the label is which rows with it lie above it. So rows are put into segments once, those
equal to one of the G probabilities of rows with the label and those between two of them, and a resample that holds row
i c_i times is scored by the sums of c in each segment.

Axes: n rows, R resamples, G probabilities.
"""

from typing import NamedTuple

import numpy as np


class Ranked(NamedTuple):
    """(R,) of each, nan where it is not defined."""

    auc: np.ndarray
    average_precision: np.ndarray


def rank_scores(truth: np.ndarray, chances: np.ndarray, counts: np.ndarray | None = None) -> Ranked:
    """Of (n,) truths and probabilities, on (n, R) counts of how often a resample holds each row; None: once."""
    counts = np.ones((len(truth), 1)) if counts is None else counts
    levels = np.unique(chances[truth])
    below, upto = (np.searchsorted(levels, chances, side=side) for side in ("left", "right"))
    every = _sums(below + upto, counts, 2 * len(levels) + 1)  # odd: equal to a level, even: between two
    having = _sums(below[truth], counts[truth], len(levels))
    equal, between = every[1::2] - having, every[::2]
    lower = between[:-1].cumsum(0) + equal.cumsum(0) - equal
    positive, negative = having.sum(0, dtype=float), between.sum(0, dtype=float) + equal.sum(0, dtype=float)
    found = having[::-1].cumsum(0)[::-1]
    seen = every[::-1].cumsum(0)[::-1][1::2]
    in_order = (having * (lower + equal / 2)).sum(0, dtype=float)
    precise = (having * (found / np.maximum(seen, 1))).sum(0, dtype=float)
    auc = in_order / np.maximum(positive * negative, 1)
    return Ranked(
        np.where((positive > 0) & (negative > 0), auc, np.nan),
        np.where(positive > 0, precise / np.maximum(positive, 1), np.nan),
    )


def _sums(segments: np.ndarray, counts: np.ndarray, number: int) -> np.ndarray:
    """(number, R) sums of (n, R) counts over the rows of each segment."""
    from scipy.sparse import csr_matrix  # takes a while to load

    rows = len(segments)
    chosen = csr_matrix((np.ones(rows, counts.dtype), (segments, np.arange(rows))), shape=(number, rows))
    return chosen @ counts
