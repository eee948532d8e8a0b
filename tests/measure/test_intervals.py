"""The bootstrap: what it must hold, how often it is right, and that it counts as the plain definition does."""

import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from headwork.measure.intervals import bootstrap
from headwork.measure.resampling import Outcomes, seed_shares
from headwork.measure.scores import accuracy, macro_f1


def guesses(generator, truth, *, seeds, right, classes):
    """Predictions (seeds, n), each right with the given chance."""
    shape = (seeds, len(truth))
    return np.where(generator.random(shape) < right, truth, generator.integers(classes, size=shape))


@given(st.integers(1, 40), st.integers(1, 4), st.integers(2, 5), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_the_interval_holds_the_mean_and_has_a_width(rows, seeds, classes, seed):
    generator = np.random.default_rng(seed)
    truth = generator.integers(classes, size=rows)
    predicted = guesses(generator, truth, seeds=seeds, right=generator.random(), classes=classes)
    scores = bootstrap(truth, predicted, replicates=400, seed=seed)
    assert list(scores) == ["accuracy", "macro_f1"]
    hits = predicted == truth
    for score in scores.values():
        assert 0 <= score.low <= score.mean <= score.high <= 1
        if hits.any() and not hits.all():
            assert score.low < score.high
    by_seed = [macro_f1(truth, row) for row in predicted]
    assert scores["macro_f1"].mean == pytest.approx(np.mean(by_seed))
    assert scores["macro_f1"].spread == pytest.approx(np.std(by_seed, ddof=1) if seeds > 1 else 0)


def test_resamples_are_those_of_the_plain_definition():
    """Means and deviations of the replicates equal those of drawing rows and seeds one by one."""
    generator = np.random.default_rng(5)
    truth = generator.integers(3, size=60)
    predicted = guesses(generator, truth, seeds=3, right=0.6, classes=3)
    plain = []
    for _ in range(4000):
        rows = generator.integers(60, size=60)
        seeds = generator.integers(3, size=2)
        plain.append([np.mean([f(truth[rows], predicted[s][rows]) for s in seeds]) for f in (accuracy, macro_f1)])
    scores = bootstrap(truth, predicted, replicates=20_000)
    for score, values in zip(scores.values(), np.array(plain).T, strict=True):
        assert [score.low, score.high] == pytest.approx(np.quantile(values, [0.025, 0.975]), abs=0.012)


def test_the_same_seed_gives_the_same_interval_and_another_does_not():
    truth = np.arange(50) % 3
    predicted = guesses(np.random.default_rng(1), truth, seeds=3, right=0.7, classes=3)
    assert bootstrap(truth, predicted, seed=4) == bootstrap(truth, predicted, seed=4)
    assert bootstrap(truth, predicted, seed=4) != bootstrap(truth, predicted, seed=5)


@pytest.mark.parametrize(("rows", "right"), [(200, 0.9), (1000, 0.6), (4000, 0.97)])
def test_the_width_for_one_seed_agrees_with_wilsons(rows, right):
    hits = round(rows * right)
    truth = np.zeros(rows, dtype=int)
    predicted = (np.arange(rows) >= hits).astype(int)[None]
    score = bootstrap(truth, predicted, replicates=8000)["accuracy"]
    wilson = stats.binomtest(hits, rows).proportion_ci(method="wilson")
    assert score.high - score.low == pytest.approx(wilson.high - wilson.low, rel=0.08)


def test_all_right_leaves_room_for_the_first_mistake():
    truth = np.arange(40) % 2
    scores = bootstrap(truth, np.stack([truth, truth]))
    exact = stats.binomtest(40, 40).proportion_ci(method="exact")
    for score in scores.values():
        assert (score.low, score.high, score.mean, score.spread) == (pytest.approx(exact.low), 1, 1, 0)
    wrong = bootstrap(truth, 1 - truth[None])["accuracy"]
    assert (wrong.low, wrong.high) == (0, pytest.approx(1 - exact.low))


def coverage(*, seeds, seed_deviation, told_of_seeds=True, worlds=800, rows=300):
    """How often the interval holds the accuracy that new rows and new trainings have on average.

    A row is right where its ease, the luck of the seed and the luck of the row with this seed add up to more than 0.
    """
    generator = np.random.default_rng(11)
    expected = 1 - stats.norm.cdf(-1, scale=np.sqrt(1 + 0.5**2 + seed_deviation**2))
    held = 0
    for world in range(worlds):
        ease = 1 + generator.normal(size=rows)
        luck = generator.normal(scale=seed_deviation, size=(seeds, 1)) + generator.normal(scale=0.5, size=(seeds, rows))
        predicted = (ease + luck < 0).astype(int)
        if not told_of_seeds:
            predicted = predicted[:1]
        score = bootstrap(np.zeros(rows, dtype=int), predicted, replicates=400, seed=world)["accuracy"]
        held += score.low <= expected <= score.high
    return held / worlds


@pytest.mark.parametrize(("seeds", "seed_deviation"), [(1, 0.0), (3, 0.0), (3, 0.1), (5, 0.2)])
def test_nineteen_of_twenty_intervals_hold_the_true_accuracy(seeds, seed_deviation):
    assert 0.92 <= coverage(seeds=seeds, seed_deviation=seed_deviation) <= 0.99


def test_an_interval_that_knows_one_training_only_holds_it_far_less_often():
    assert coverage(seeds=3, seed_deviation=0.2, told_of_seeds=False) < 0.85


def test_the_variance_between_seeds_is_unbiased():
    """Seeds that differ by themselves, rows that do not: the replicates vary as the mean of so many seeds does."""
    generator = np.random.default_rng(0)
    for seeds in (2, 3, 5):
        draws = generator.normal(size=(2000, seeds))
        shares = seed_shares(seeds, 2000, generator)
        assert shares.sum(1) == pytest.approx(1)
        variance = [(share @ seed_means) for share, seed_means in zip(shares, draws, strict=True)]
        centred = np.array(variance) - draws.mean(1)
        assert np.mean(centred**2) == pytest.approx(1 / seeds, rel=0.15)


def test_distinct_outcomes_count_every_row_once():
    facts = np.random.default_rng(3).integers(2, size=(3, 100))
    outcomes = Outcomes.of(facts[0], facts[1:])
    assert outcomes.rows.sum() == 100
    assert len(outcomes.facts) <= 8
    for fact, rows in zip(outcomes.facts, outcomes.rows, strict=True):
        assert rows == (facts.T == fact).all(1).sum()


def test_a_large_line_up_takes_seconds_and_little_memory():
    """One of 9 models with 3 seeds on 8,000 rows: 10,000 replicates in a second or two of computing."""
    generator = np.random.default_rng(2)
    truth = generator.integers(6, size=8000)
    predicted = guesses(generator, truth, seeds=3, right=0.85, classes=6)
    start = time.process_time()
    bootstrap(truth, predicted, replicates=10_000)
    assert time.process_time() - start < 6
    tracemalloc.start()
    bootstrap(truth, predicted, replicates=10_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 150e6
