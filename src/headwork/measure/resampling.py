"""The two-way bootstrap: rows and seeds are drawn again, as if data had been collected and models trained again.

Rows that fared alike under every seed are exchangeable. A resample of n rows with replacement is therefore one
multinomial draw of how often each of the K distinct outcomes occurs, which takes K numbers instead of n.

Rows and seeds are drawn independently of each other (Owen, 2007, "The pigeonhole bootstrap"; for rows alone Efron,
1979). Such intervals err on the wide side: what belongs to a row and a seed together is counted up to three times.
Of S seeds S - 1 are drawn, which makes the variance between seeds come out right also for a handful of them
(Rao and Wu, 1988, "Resampling inference with complex survey data"). Where two or three trainings differ by more than
rows do, no resampling of them can know how far a further one may fall, and intervals are too narrow: add seeds.

Axes: n rows, F facts about a row, K distinct outcomes, R replicates, S seeds.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

BLOCK_CELLS = 4_000_000
"""counts held in memory at once"""


@dataclass(frozen=True)
class Outcomes:
    """The distinct rows of a table of facts, and how many rows are like each."""

    facts: np.ndarray
    """(K, F)"""
    rows: np.ndarray
    """(K,) counts; their sum is n"""

    @classmethod
    def of(cls, *columns: np.ndarray) -> "Outcomes":
        """From columns of shape (n,) or (F, n)."""
        facts, rows = np.unique(np.vstack(columns).T, axis=0, return_counts=True)
        return cls(facts, rows)

    def draws(self, replicates: int, generator: np.random.Generator) -> Iterator[tuple[slice, np.ndarray]]:
        """Blocks of replicates: which ones, and (block, K) how often each outcome is drawn in them."""
        total = int(self.rows.sum())
        block = max(1, BLOCK_CELLS // len(self.rows))
        for start in range(0, replicates, block):
            stop = min(start + block, replicates)
            yield slice(start, stop), generator.multinomial(total, self.rows / total, size=stop - start)


def seed_shares(seeds: int, replicates: int, generator: np.random.Generator) -> np.ndarray:
    """(R, S) weights that sum to 1: what each seed counts in each replicate."""
    drawn = max(seeds - 1, 1)
    return generator.multinomial(drawn, np.full(seeds, 1 / seeds), size=replicates) / drawn


def exact_bound(rows: int) -> float:
    """How small a share of right ones is still likely where all of some rows are right (Clopper and Pearson 1934).

    Rows that are all right give resamples that are all right: there the bootstrap is blind, but another row may still
    go the other way.
    """
    return 0.025 ** (1 / rows)


def percentiles(values: np.ndarray, around: float, *, level: float = 0.95) -> tuple[float, float]:
    """The central interval of (R,) replicated values, stretched to hold `around`."""
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return min(float(low), around), max(float(high), around)
