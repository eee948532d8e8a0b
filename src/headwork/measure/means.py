"""Means of what each row scores, with the two-way bootstrap of `resampling`; and paired differences of them.

Rows that came together (questions about one text) are drawn together: whole groups are drawn with replacement, and the
mean is over the rows of those drawn (Davison and Hinkley 1997, section 3.8).

Axes: n rows, G groups of rows, S seeds, R replicates.
"""

from collections.abc import Mapping

import numpy as np

from headwork.base.results import Difference, Score
from headwork.measure.replicated import Gap, corrected, gap_of, score_of
from headwork.measure.resampling import seed_shares

REPLICATES = 2000
BLOCK = 4_000_000
"""counts held in memory at once"""


def mean_score(values: np.ndarray, *, groups: np.ndarray | None = None, seed: int = 0) -> Score:
    """(S, n) values of the same rows under each seed to their mean with its 95% interval; (n,) groups of the rows."""
    generator = np.random.default_rng(seed)
    drawn = _means([values], groups, generator)[0]
    replicated = (drawn * seed_shares(len(values), REPLICATES, generator)).sum(1)
    independent = values.shape[1] if groups is None else len(np.unique(groups))
    rows = independent if (values == 1).all() or (values == 0).all() else None
    return score_of(values.mean(1), replicated, rows=rows)


def mean_differences(
    reference: str, models: Mapping[str, np.ndarray], *, groups: np.ndarray | None = None, seed: int = 0
) -> dict[str, Difference]:
    """The mean of each model's (S, n) values minus that of `reference`: the same rows are drawn for both."""
    theirs = models[reference]
    found = {name: _difference(own, theirs, groups, seed) for name, own in models.items() if name != reference}
    return corrected(reference, found)


def _difference(ours: np.ndarray, theirs: np.ndarray, groups: np.ndarray | None, seed: int) -> Gap:
    generator = np.random.default_rng(seed)
    drawn = [
        (means * seed_shares(len(side), REPLICATES, generator)).sum(1)
        for side, means in zip((ours, theirs), _means([ours, theirs], groups, generator), strict=True)
    ]
    return gap_of(drawn[0] - drawn[1], float(ours.mean() - theirs.mean()))


def _means(sides: list[np.ndarray], groups: np.ndarray | None, generator: np.random.Generator) -> list[np.ndarray]:
    """For each (S, n) side the (R, S) means of resampled rows, the same rows for all sides."""
    rows = np.ones(sides[0].shape[1])
    if groups is not None:
        _, of = np.unique(groups, return_inverse=True)
        rows, sides = (
            np.bincount(of).astype(float),
            [np.stack([np.bincount(of, own) for own in side]) for side in sides],
        )
    found = [np.empty((REPLICATES, len(side))) for side in sides]
    block = max(1, BLOCK // len(rows))
    for start in range(0, REPLICATES, block):
        stop = min(start + block, REPLICATES)
        counts = generator.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=stop - start)
        drawn = counts @ rows
        for means, side in zip(found, sides, strict=True):
            means[start:stop] = counts @ side.T / drawn[:, None]
    return found
