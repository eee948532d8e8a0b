"""From replicated values to what is told of them: scores and differences with intervals, corrected p.

    p = 2 min(share of replicates <= 0, share of replicates >= 0)

with one added to counts and replicates, so that p is never 0 (Davison and Hinkley, 1997, chapter 4): p is below 0.05
just where the 95% interval leaves 0 out, up to a replicate or two.

Axes: S seeds, R replicates.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from headwork.base.results import Difference, Score
from headwork.measure.holm import holm
from headwork.measure.resampling import exact_bound, percentiles

DUST = 1e-12
"""what the same sum in another order leaves around 0, where a tie must count as one"""


class Gap(NamedTuple):
    """A difference with its 95% interval and two-sided p."""

    difference: float
    low: float
    high: float
    p: float


def score_of(by_seed: Sequence[float] | np.ndarray, drawn: np.ndarray, *, rows: int | None = None) -> Score:
    """From the (S,) values that were found and the (R,) replicated means.

    rows: of a share of so many rows. Where it is 0 or 1 no resample differs, and the bound is the exact one.
    """
    mean = float(np.mean(by_seed))
    low, high = percentiles(drawn, mean)
    if rows is not None and mean == 1:
        low = exact_bound(rows)
    elif rows is not None and mean == 0:
        high = 1 - exact_bound(rows)
    spread = float(np.std(by_seed, ddof=1)) if len(by_seed) > 1 else 0.0
    return Score(mean=mean, low=low, high=high, spread=spread)


def gap_of(drawn: np.ndarray, difference: float) -> Gap:
    """From the (R,) replicated differences and the one that was found."""
    drawn = np.where(np.abs(drawn) < DUST, 0.0, drawn)
    low, high = percentiles(drawn, difference)
    tail = 1 + min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    return Gap(difference, low, high, min(1.0, 2 * tail / (len(drawn) + 1)))


def corrected(reference: str, found: Mapping[str, Gap]) -> dict[str, Difference]:
    """The gaps to `reference` with Holm's correction; the reference itself differs by nothing and is not counted."""
    p_holm = dict(zip(found, holm([gap.p for gap in found.values()]), strict=True))
    none = Difference(difference=0.0, low=0.0, high=0.0, p=1.0, p_holm=1.0)
    return {reference: none} | {name: Difference(**gap._asdict(), p_holm=p_holm[name]) for name, gap in found.items()}
