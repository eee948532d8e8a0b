"""Means with intervals: those of accuracy where rows are right or wrong, and of normal theory where they are not."""

import numpy as np
import pytest

from headwork.measure.intervals import bootstrap
from headwork.measure.means import mean_differences, mean_score
from headwork.measure.paired import paired_difference


def hits(share: float, seeds: int = 3, rows: int = 400, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).random((seeds, rows)) < share).astype(float)


@pytest.mark.parametrize("seeds", [1, 3])
def test_right_and_wrong_rows_are_an_accuracy(seeds):
    right = hits(0.7, seeds)
    found, known = mean_score(right), bootstrap(np.ones(400, int), right.astype(int))["accuracy"]
    assert found.mean == pytest.approx(known.mean) and found.spread == pytest.approx(known.spread)
    assert [found.low, found.high] == pytest.approx([known.low, known.high], abs=0.006)


def test_one_seed_has_the_interval_of_normal_theory():
    values = np.random.default_rng(0).normal(3, 2, (1, 1000))
    found = mean_score(values)
    reach = 1.96 * values.std() / np.sqrt(1000)
    assert [found.low, found.high] == pytest.approx([values.mean() - reach, values.mean() + reach], abs=0.02)


def test_rows_that_are_all_alike_leave_room_for_another():
    assert mean_score(np.ones((2, 100))).low == pytest.approx(0.025 ** (1 / 100))
    assert mean_score(np.zeros((2, 100))).high == pytest.approx(1 - 0.025 ** (1 / 100))


def test_differences_are_those_of_paired_difference():
    best, other = hits(0.8), hits(0.72, seed=1)
    found = mean_differences("best", {"best": best, "other": other})
    known = paired_difference(np.ones(400, int), other.astype(int), best.astype(int))
    assert found["best"].difference == 0 and found["best"].p_holm == 1
    assert found["other"].difference == pytest.approx(known.difference)
    assert [found["other"].low, found["other"].high] == pytest.approx([known.low, known.high], abs=0.01)
    assert found["other"].p == pytest.approx(known.p, abs=0.02)


def test_p_values_are_corrected_for_how_many_there_are():
    models = {"best": hits(0.8), "close": hits(0.76, seed=1), "far": hits(0.5, seed=2)}
    found = mean_differences("best", models)
    assert found["close"].p_holm >= found["close"].p
    assert found["far"].p_holm == pytest.approx(2 * found["far"].p)
    assert mean_differences("best", {"best": models["best"], "same": models["best"]})["same"].p > 0.9


def test_rows_of_one_group_are_drawn_together():
    """Copies of a row tell nothing new: the interval is that of the groups, not of the rows."""
    values = np.random.default_rng(0).normal(3, 2, (1, 200))
    groups = np.repeat(np.arange(200), 10)
    once, copied = mean_score(values), mean_score(values.repeat(10, axis=1), groups=groups)
    assert [copied.low, copied.high] == pytest.approx([once.low, once.high], abs=1e-9)
    alone = mean_score(values.repeat(10, axis=1))
    assert alone.high - alone.low == pytest.approx((once.high - once.low) / np.sqrt(10), rel=0.1)
    assert mean_score(values, groups=np.arange(200)[::-1]).mean == once.mean


def test_groups_count_by_their_rows():
    """The mean of a resample is over its rows: a large group weighs as much as its rows do."""
    groups = np.repeat([0, 1], [30, 10])
    found = mean_score((groups == 1)[None].astype(float), groups=groups)
    assert found.mean == 0.25 and (found.low, found.high) == (0, 1)
    hit = (groups == 1)[None].astype(float)
    gap = mean_differences("best", {"best": hit, "same": hit.copy()}, groups=groups)["same"]
    assert (gap.low, gap.high) == (0, 0)


def test_groups_that_are_all_right_leave_room_for_another_group():
    groups = np.repeat(np.arange(5), 20)
    assert mean_score(np.ones((1, 100)), groups=groups).low == pytest.approx(0.025 ** (1 / 5))
