"""Scores that are functions of sums over the rows of a test side: their intervals, and paired differences of them.

Every row contributes F facts, such as matches and totals; a score of a resample is the score of the weighted sum of
what its rows contribute. Rows and seeds are drawn again as in `resampling`.

Axes: n rows, S seeds, F facts of a row, R replicates.
"""

from collections.abc import Callable, Mapping

import numpy as np

from headwork.base.results import Difference, Score
from headwork.measure.replicated import Gap, corrected, gap_of, score_of
from headwork.measure.resampling import seed_shares

REPLICATES = 1000

Formula = Callable[[np.ndarray], np.ndarray]
"""(…, F) sums to (…) scores"""


def summed_score(formula: Formula, facts: np.ndarray, *, seed: int = 0, is_share: bool = False) -> Score:
    """The mean over seeds of the score of (S, n, F) facts, with its 95% interval.

    is_share: where it is 0 or 1 no resample differs, and the bound is that of so many rows without a mistake.
    """
    generator = np.random.default_rng(seed)
    counts = _counts(facts.shape[1], generator)
    rows = facts.shape[1] if is_share else None
    return score_of(formula(facts.sum(1)), _drawn(formula, facts, counts, generator), rows=rows)


def summed_differences(
    formula: Formula, reference: str, models: Mapping[str, np.ndarray], *, seed: int = 0
) -> dict[str, Difference]:
    """The score of each model's (S, n, F) facts minus that of `reference`: the same rows are drawn for both."""
    theirs = models[reference]
    found = {name: _paired(formula, ours, theirs, seed) for name, ours in models.items() if name != reference}
    return corrected(reference, found)


def _paired(formula: Formula, ours: np.ndarray, theirs: np.ndarray, seed: int) -> Gap:
    generator = np.random.default_rng(seed)
    counts = _counts(ours.shape[1], generator)
    mine, other = (_drawn(formula, facts, counts, generator) for facts in (ours, theirs))
    return gap_of(mine - other, float(formula(ours.sum(1)).mean() - formula(theirs.sum(1)).mean()))


def _counts(rows: int, generator: np.random.Generator) -> np.ndarray:
    """(R, n) how often each row is drawn."""
    return generator.multinomial(rows, np.full(rows, 1 / rows), size=REPLICATES).astype(np.float64)


def _drawn(formula: Formula, facts: np.ndarray, counts: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """(R,) scores of resamples, a mean over seeds that are drawn too."""
    by_seed = np.stack([formula(counts @ each) for each in facts], 1)
    return (by_seed * seed_shares(len(facts), len(counts), generator)).sum(1)
