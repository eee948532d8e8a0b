"""The paired bootstrap: what it says of equal models, how often it is wrong, and that pairing pays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwork.measure.intervals import bootstrap
from headwork.measure.paired import paired_difference


def world(generator, *, rows, seeds=3, advantage=0.0):
    """Truth and two models' predictions: rows are hard for both alike, for one alone, and by the luck of a seed."""
    ease = 1.5 + generator.normal(size=rows)
    models = [
        ease + shift + generator.normal(scale=0.5, size=rows) + generator.normal(scale=0.5, size=(seeds, rows)) < 0
        for shift in (advantage, 0.0)
    ]
    return np.zeros(rows, dtype=int), *(model.astype(int) for model in models)


@given(st.integers(1, 30), st.integers(1, 5), st.integers(1, 5), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_a_model_does_not_differ_from_itself(rows, ours, theirs, seed):
    generator = np.random.default_rng(seed)
    truth, same = generator.integers(3, size=(2, rows))
    result = paired_difference(truth, np.tile(same, (ours, 1)), np.tile(same, (theirs, 1)), replicates=200)
    assert (result.difference, result.low, result.high, result.p) == (0, 0, 0, 1)


@given(st.integers(2, 60), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_difference_interval_and_p_agree_with_each_other(rows, ours, theirs, seed):
    generator = np.random.default_rng(seed)
    truth = generator.integers(2, size=rows)
    a = np.where(generator.random((ours, rows)) < 0.8, truth, 1 - truth)
    b = np.where(generator.random((theirs, rows)) < generator.random(), truth, 1 - truth)
    result = paired_difference(truth, a, b, replicates=999)
    assert result.difference == pytest.approx((a == truth).mean() - (b == truth).mean())
    assert -1 <= result.low <= result.difference <= result.high <= 1
    assert 0 < result.p <= 1
    if result.p < 0.045:
        assert not result.low <= 0 <= result.high
    if result.p > 0.06:
        assert result.low <= 0 <= result.high


def test_swapping_the_models_turns_the_sign():
    truth, a, b = world(np.random.default_rng(1), rows=500, advantage=0.3)
    there, back = paired_difference(truth, a, b, replicates=4000), paired_difference(truth, b, a, replicates=4000)
    assert there.difference == -back.difference
    assert [there.low, there.high] == pytest.approx([-back.high, -back.low], abs=0.006)


def test_models_with_different_numbers_of_seeds_compare():
    truth, a, b = world(np.random.default_rng(2), rows=400, advantage=1.0)
    result = paired_difference(truth, a, b[:1])
    assert result.low > 0
    assert result.p < 0.01


def test_pairing_narrows_the_interval():
    """Two models that fail on the same hard rows: the difference is surer than their separate intervals suggest."""
    truth, a, b = world(np.random.default_rng(3), rows=1000)
    scores = [bootstrap(truth, model)["accuracy"] for model in (a, b)]
    apart = np.hypot(*(score.high - score.low for score in scores))
    result = paired_difference(truth, a, b)
    assert result.high - result.low < 0.8 * apart


@pytest.mark.parametrize("seeds", [1, 3])
def test_equal_models_are_told_apart_in_one_of_twenty_worlds_at_most(seeds):
    generator = np.random.default_rng(8)
    rejected = [
        paired_difference(*world(generator, rows=300, seeds=seeds), replicates=499, seed=trial).p < 0.05
        for trial in range(600)
    ]
    assert 0.002 < np.mean(rejected) < 0.07


def test_a_real_advantage_is_found():
    generator = np.random.default_rng(9)
    found = [
        paired_difference(*world(generator, rows=600, advantage=0.4), replicates=499, seed=trial).low > 0
        for trial in range(60)
    ]
    assert np.mean(found) > 0.9
