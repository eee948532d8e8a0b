"""Two models on the same rows: the paired bootstrap of the difference in accuracy.

A resample draws rows once for both models, so that what makes a row hard for both cancels out, and seeds of each model
for itself (Efron and Tibshirani, 1993, chapter 13, for the percentiles; `resampling` for the two ways).

    p = 2 min(share of replicates <= 0, share of replicates >= 0)

with one added to counts and replicates, so that p is never 0 (Davison and Hinkley, 1997, chapter 4): p is below 0.05
just where the 95% interval leaves 0 out, up to a replicate or two.

Axes: n rows, S seeds, R replicates.
"""

from dataclasses import dataclass

import numpy as np

from headwork.measure.resampling import Outcomes, percentiles, seed_shares


@dataclass(frozen=True)
class PairedDifference:
    """Accuracy of one model minus that of the other, its 95% interval and two-sided p."""

    difference: float
    low: float
    high: float
    p: float


def paired_difference(
    truth: np.ndarray, ours: np.ndarray, theirs: np.ndarray, *, replicates: int = 2000, seed: int = 0
) -> PairedDifference:
    """Accuracy of `ours` minus `theirs`; truth (n,), predictions (S, n), where each model has seeds of its own."""
    generator = np.random.default_rng(seed)
    outcomes = Outcomes.of(ours == truth, theirs == truth)
    shares = np.hstack(
        [seed_shares(len(ours), replicates, generator), -seed_shares(len(theirs), replicates, generator)]
    )
    drawn = np.empty(replicates)
    for block, counts in outcomes.draws(replicates, generator):
        by_seed = counts @ outcomes.facts / len(truth)
        drawn[block] = (by_seed * shares[block]).sum(1)
    difference = float(np.mean(ours == truth) - np.mean(theirs == truth))
    # The same sum in another order leaves dust around 0, and a tie must count as one.
    drawn[np.abs(drawn) < 1e-12] = 0
    low, high = percentiles(drawn, difference)
    tail = 1 + min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    return PairedDifference(difference, low, high, min(1.0, 2 * tail / (replicates + 1)))
