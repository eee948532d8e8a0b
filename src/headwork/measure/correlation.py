"""How well predicted numbers follow the true ones: Pearson's and Spearman's correlation, with intervals.

    Pearson     r = cov(x, y) / (sd(x) sd(y))
    Spearman    Pearson's of the ranks, equal values sharing the mean of theirs (Spearman 1904)

A resample that holds row i c_i times has weighted moments, and ranks that follow from sums of c in the order of the
values, so that nothing is sorted again. Where one side is constant there is nothing to follow, and both are 0.

Axes: n rows, S seeds, R replicates.
"""

from collections.abc import Callable, Mapping

import numpy as np

from headwork.base.results import Difference, Score
from headwork.measure.replicated import Gap, corrected, gap_of, score_of
from headwork.measure.resampling import seed_shares

REPLICATES = 1000
BLOCK_CELLS = 1_000_000
"""counts held in memory at once"""
CONSTANT = 1e-12
"""of the mean square: a variance below is the dust of rounding"""

Columns = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(n,) values and (R, n) counts to what is correlated, (R, n) or (1, n), near 0 on average"""


def pearson(one: np.ndarray, other: np.ndarray) -> float:
    """Of two (n,) columns."""
    return _whole(_centred, one, other)


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    """Of two (n,) columns."""
    return _whole(_ranks, one, other)


def correlations(truth: np.ndarray, predicted: np.ndarray, *, seed: int = 0) -> dict[str, Score]:
    """Both, for (n,) truths and the (S, n) predictions of each seed, with 95% intervals of the two-way bootstrap."""
    found = {}
    for name, columns in {"spearman": _ranks, "pearson": _centred}.items():
        by_seed = np.array([_whole(columns, row, truth) for row in predicted])
        (drawn,) = _drawn(columns, truth, [predicted], np.random.default_rng(seed))
        found[name] = score_of(by_seed, drawn)
    return found


def spearman_differences(
    reference: str, truth: np.ndarray, predicted: Mapping[str, np.ndarray], *, seed: int = 0
) -> dict[str, Difference]:
    """Spearman's correlation of each model minus that of `reference`: the same rows are drawn for both."""
    theirs = predicted[reference]
    return corrected(
        reference, {name: _gap(truth, ours, theirs, seed) for name, ours in predicted.items() if name != reference}
    )


def _gap(truth: np.ndarray, ours: np.ndarray, theirs: np.ndarray, seed: int) -> Gap:
    mine, other = _drawn(_ranks, truth, [ours, theirs], np.random.default_rng(seed))
    means = [float(np.mean([spearman(row, truth) for row in side])) for side in (ours, theirs)]
    return gap_of(mine - other, means[0] - means[1])


def _whole(columns: Columns, one: np.ndarray, other: np.ndarray) -> float:
    counts = np.ones((1, len(one)))
    return float(_weighted(columns(one, counts), columns(other, counts), counts)[0])


def _drawn(
    columns: Columns, truth: np.ndarray, sides: list[np.ndarray], generator: np.random.Generator
) -> list[np.ndarray]:
    """For each (S, n) side (R,) correlations of resamples: the same rows for all sides, seeds drawn for each."""
    rows = len(truth)
    by_seed = [np.empty((REPLICATES, len(side))) for side in sides]
    block = max(1, BLOCK_CELLS // rows)
    for start in range(0, REPLICATES, block):
        stop = min(start + block, REPLICATES)
        counts = generator.multinomial(rows, np.full(rows, 1 / rows), size=stop - start).astype(np.float64)
        true = columns(truth, counts)
        for values, side in zip(by_seed, sides, strict=True):
            for place, row in enumerate(side):
                values[start:stop, place] = _weighted(columns(row, counts), true, counts)
    return [(values * seed_shares(values.shape[1], REPLICATES, generator)).sum(1) for values in by_seed]


def _centred(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return (values - values.mean())[None]


def _ranks(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Mean ranks of rows that stand there `counts` times, less the mean of all ranks."""
    distinct, group = np.unique(values, return_inverse=True)
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(len(distinct)))
    of_group = np.add.reduceat(counts[:, order], starts, axis=1)
    below = of_group.cumsum(1) - of_group
    return (below + (of_group - counts.sum(1, keepdims=True)) / 2)[:, group]


def _weighted(x: np.ndarray, y: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(R,) correlations of two sets of columns, weighed by (R, n) counts."""
    total = counts.sum(1)
    weighed_x, weighed_y = counts * x, counts * y
    means = [weighed.sum(1) / total for weighed in (weighed_x, weighed_y)]
    squares = [_products(weighed, z) / total for weighed, z in ((weighed_x, x), (weighed_y, y))]
    variances = [square - mean**2 for square, mean in zip(squares, means, strict=True)]
    covariance = _products(weighed_x, y) / total - means[0] * means[1]
    varies = (variances[0] > CONSTANT * squares[0]) & (variances[1] > CONSTANT * squares[1])
    scale = np.sqrt(np.where(varies, variances[0] * variances[1], 1.0))
    return np.where(varies, covariance / scale, 0.0).clip(-1, 1)


def _products(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.einsum("rn,rn->r", one, np.broadcast_to(other, one.shape))
