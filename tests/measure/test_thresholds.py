"""Thresholds of labels: the best F1 of all that could be chosen, and something sane where nothing can be learnt."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from headwork.measure.thresholds import fit_threshold, fit_thresholds


@pytest.mark.row("BE12")
@pytest.mark.parametrize("digits", [1, 16], ids=["many equal", "all different"])
def test_no_threshold_has_a_higher_f1(digits):
    random = np.random.default_rng(0)
    for _ in range(10):
        chances = random.random(30).round(digits)
        truth = random.random(30) < 0.6 * chances
        found = f1_score(truth, chances >= fit_threshold(chances, truth))
        every = [f1_score(truth, chances >= threshold) for threshold in np.unique(chances)]
        assert found == pytest.approx(max(every))


def test_it_lies_midway_to_the_next_row():
    chances, truth = np.array([0.9, 0.2, 0.7, 0.4]), np.array([True, False, True, False])
    assert fit_threshold(chances, truth) == pytest.approx(0.55)


def test_of_equally_good_ones_it_is_the_highest():
    # Both 0.9 alone and the first three give F1 2/3.
    chances, truth = np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, False, True])
    assert fit_threshold(chances, truth) == pytest.approx(0.85)


def test_neighbours_without_a_number_between_are_kept_apart():
    above = np.nextafter(0.3, 1)
    threshold = fit_threshold(np.array([above, 0.3]), np.array([True, False]))
    assert 0.3 < threshold <= above


@pytest.mark.row("BE12")
def test_a_label_without_dev_rows_gets_a_half_and_one_that_nothing_tells_goes_to_all():
    chances = np.array([[0.1, 0.3], [0.9, 0.3], [0.2, 0.3]])
    truth = np.array([[False, True], [False, False], [False, False]])
    found = fit_thresholds(chances, truth)
    assert found[0] == 0.5
    assert 0 < found[1] <= 0.3
