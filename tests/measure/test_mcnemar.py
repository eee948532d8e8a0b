"""McNemar's exact test against scipy's binomial test and against adding up all outcomes."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from headwork.measure.mcnemar import binomial_half, mcnemar


@given(st.integers(0, 200), st.integers(0, 200))
def test_equals_scipys_binomial_test(wins, losses):
    expected = stats.binomtest(wins, wins + losses).pvalue if wins + losses else 1
    assert binomial_half(wins, losses) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (0, 1), (1, 1), (3, 9), (9, 3), (0, 12), (7, 8)])
def test_equals_the_sum_over_all_outcomes_as_far_from_even(wins, losses):
    n = wins + losses
    brute = sum(comb(n, k) for k in range(n + 1) if abs(2 * k - n) >= abs(wins - losses)) / 2**n
    assert binomial_half(wins, losses) == pytest.approx(brute)


def test_millions_of_rows_do_not_overflow():
    assert binomial_half(1_000_000, 1_000_000) == 1
    assert binomial_half(1_000_000, 1_010_000) == pytest.approx(stats.binomtest(1_000_000, 2_010_000).pvalue, rel=1e-6)
    assert binomial_half(0, 1_000_000) == 0


def test_only_rows_that_one_of_the_two_got_right_count():
    truth = np.array([0, 1, 2, 0, 1, 2, 0, 1])
    ours = np.array([0, 1, 2, 0, 1, 0, 1, 2])
    theirs = np.array([0, 0, 0, 1, 2, 2, 1, 2])
    assert mcnemar(truth, ours, theirs) == pytest.approx(stats.binomtest(4, 5).pvalue)
    assert mcnemar(truth, ours, theirs) == mcnemar(truth, theirs, ours)
    assert mcnemar(truth, ours, ours) == 1


def test_equal_models_are_told_apart_in_one_of_twenty_worlds_at_most():
    generator = np.random.default_rng(0)
    truth = np.zeros(200, dtype=int)
    rejected = [mcnemar(truth, *generator.integers(2, size=(2, 200))) < 0.05 for _ in range(2000)]
    assert 0.02 < np.mean(rejected) < 0.06
