"""Means of what each row scores, with the two-way bootstrap of `resampling`; and paired differences of them.

Axes: n rows, S seeds, R replicates.
"""

from collections.abc import Mapping

import numpy as np

from headwork.base.results import Difference, Score
from headwork.measure.replicated import Gap, corrected, gap_of, score_of
from headwork.measure.resampling import seed_shares

REPLICATES = 2000
BLOCK = 4_000_000
"""counts held in memory at once"""


def mean_score(values: np.ndarray, *, seed: int = 0) -> Score:
    """(S, n) values of the same rows under each seed to their mean with its 95% interval."""
    generator = np.random.default_rng(seed)
    drawn = _means([values], generator)[0]
    replicated = (drawn * seed_shares(len(values), REPLICATES, generator)).sum(1)
    rows = values.shape[1] if (values == 1).all() or (values == 0).all() else None
    return score_of(values.mean(1), replicated, rows=rows)


def mean_differences(reference: str, models: Mapping[str, np.ndarray], *, seed: int = 0) -> dict[str, Difference]:
    """The mean of each model's (S, n) values minus that of `reference`: the same rows are drawn for both."""
    found = {name: _difference(own, models[reference], seed) for name, own in models.items() if name != reference}
    return corrected(reference, found)


def _difference(ours: np.ndarray, theirs: np.ndarray, seed: int) -> Gap:
    generator = np.random.default_rng(seed)
    drawn = [
        (means * seed_shares(len(side), REPLICATES, generator)).sum(1)
        for side, means in zip((ours, theirs), _means([ours, theirs], generator), strict=True)
    ]
    return gap_of(drawn[0] - drawn[1], float(ours.mean() - theirs.mean()))


def _means(sides: list[np.ndarray], generator: np.random.Generator) -> list[np.ndarray]:
    """For each (S, n) side the (R, S) means of resampled rows, the same rows for all sides."""
    rows = sides[0].shape[1]
    found = [np.empty((REPLICATES, len(side))) for side in sides]
    block = max(1, BLOCK // rows)
    for start in range(0, REPLICATES, block):
        stop = min(start + block, REPLICATES)
        counts = generator.multinomial(rows, np.full(rows, 1 / rows), size=stop - start) / rows
        for means, side in zip(found, sides, strict=True):
            means[start:stop] = counts @ side.T
    return found
