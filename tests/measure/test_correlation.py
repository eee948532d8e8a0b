"""Correlations: scipy's numbers, ties and constants, intervals that hold, resamples that need no sorting."""

import numpy as np
import pytest
from scipy import stats

from headwork.measure.correlation import _ranks, _weighted, correlations, pearson, spearman, spearman_differences
from headwork.measure.verdict import SPEARMAN


def columns(rows: int, *, seed: int = 0, noise: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    one = random.integers(0, 9, rows) / 3
    return one, one + noise * random.normal(size=rows)


@pytest.mark.parametrize("rows", [3, 20, 500])
@pytest.mark.parametrize("seed", range(5))
def test_both_are_scipys_with_ties_too(rows, seed):
    one, other = columns(rows, seed=seed)
    tied = other.round()
    assert spearman(one, tied) == pytest.approx(stats.spearmanr(one, tied).statistic, abs=1e-12)
    assert spearman(one, other) == pytest.approx(stats.spearmanr(one, other).statistic, abs=1e-12)
    assert pearson(one, other) == pytest.approx(stats.pearsonr(one, other).statistic, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_a_weighed_resample_is_the_resample(seed):
    one, other = columns(60, seed=seed)
    counts = np.random.default_rng(seed).multinomial(60, np.full(60, 1 / 60), size=4).astype(float)
    found = _weighted(_ranks(one, counts), _ranks(other, counts), counts)
    for value, often in zip(found, counts.astype(int), strict=True):
        drawn = [np.repeat(each, often) for each in (one, other)]
        assert value == pytest.approx(stats.spearmanr(*drawn).statistic, abs=1e-12)


def test_a_constant_follows_nothing():
    one, other = columns(20)
    assert spearman(np.full(20, 0.1), other) == pearson(np.full(20, 0.1), other) == 0.0
    score = correlations(one, np.full((2, 20), 0.1))["spearman"]
    assert (score.mean, score.low, score.high, score.spread) == (0, 0, 0, 0)


def test_only_the_order_counts_for_spearman():
    one, other = columns(50)
    assert spearman(one, np.exp(3 * other)) == pytest.approx(spearman(one, other))
    assert pearson(one, np.exp(3 * other)) < pearson(one, other)
    assert spearman(one, -other) == pytest.approx(-spearman(one, other))


def test_intervals_hold_the_mean_and_shrink_with_rows():
    widths = []
    for rows in (50, 2000):
        one, other = columns(rows)
        for score in correlations(one, np.stack([other, other + 0.1])).values():
            assert score.low <= score.mean <= score.high
            widths.append(score.high - score.low)
    assert widths[2] < widths[0] / 3


def test_the_interval_is_that_of_fisher():
    """Of a normal pair, atanh(r) has the standard error 1 / sqrt(n - 3)."""
    random = np.random.default_rng(1)
    one = random.normal(size=800)
    other = 0.7 * one + np.sqrt(1 - 0.49) * random.normal(size=800)
    score = correlations(one, other[None])["pearson"]
    half = 1.96 / np.sqrt(797)
    low, high = np.tanh(np.arctanh(score.mean) + np.array([-half, half]))
    assert (score.low, score.high) == pytest.approx((low, high), abs=0.01)


def test_differences_are_paired_and_corrected():
    one, good = columns(400, noise=0.5)
    poor = good + np.random.default_rng(3).normal(size=400)
    found = spearman_differences("good", one, {"good": good[None], "poor": poor[None], "same": 2 * good[None]})
    assert found["good"].difference == found["same"].difference == 0
    assert found["same"].low == found["same"].high == 0 and found["same"].p == 1
    assert found["poor"].high < 0 and found["poor"].p < found["poor"].p_holm < 0.05
    assert found["poor"].difference == pytest.approx(spearman(poor, one) - spearman(good, one))


def test_the_yardstick_speaks_of_correlations():
    assert SPEARMAN.show(0.7512) == "0.751"
    assert SPEARMAN.difference(-0.02) == "\N{MINUS SIGN}0.020"
