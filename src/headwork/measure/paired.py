"""Two models on the same rows: the paired bootstrap of the difference in accuracy.

A resample draws rows once for both models, so that what makes a row hard for both cancels out, and seeds of each model
for itself (Efron and Tibshirani, 1993, chapter 13, for the percentiles; `resampling` for the two ways).

Axes: n rows, S seeds, R replicates.
"""

import numpy as np

from headwork.measure.replicated import Gap, gap_of
from headwork.measure.resampling import Outcomes, seed_shares


def paired_difference(
    truth: np.ndarray, ours: np.ndarray, theirs: np.ndarray, *, replicates: int = 2000, seed: int = 0
) -> Gap:
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
    return gap_of(drawn, float(np.mean(ours == truth) - np.mean(theirs == truth)))
