"""Calibration against scipy, scikit-learn, brute force and data whose temperature is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special
from sklearn.metrics import log_loss

from headwork.measure.calibration import (
    COLDEST,
    HOTTEST,
    calibration,
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    reliability,
    softmax,
)


def draw(generator, logits):
    """Classes drawn from the probabilities of the logits: data on which these logits are right."""
    return (softmax(logits).cumsum(1) < generator.random((len(logits), 1))).sum(1).clip(max=logits.shape[1] - 1)


def world(seed, *, rows=300, classes=4, scale=1.0):
    generator = np.random.default_rng(seed)
    honest = generator.normal(scale=2, size=(rows, classes))
    return honest * scale, draw(generator, honest)


def test_softmax_equals_scipys_and_survives_large_logits():
    logits = np.random.default_rng(0).normal(scale=5, size=(50, 6)).astype(np.float32)
    assert softmax(logits) == pytest.approx(special.softmax(logits.astype(np.float64), axis=1), abs=1e-15)
    assert softmax(np.array([[1e300, 0.0], [-1e300, -1e300]])).tolist() == [[1, 0], [0.5, 0.5]]


def test_negative_log_likelihood_equals_scikit_learns():
    logits, truth = world(1)
    expected = log_loss(truth, special.softmax(logits / 1.7, axis=1), labels=range(4))
    assert negative_log_likelihood(logits, truth, temperature=1.7) == pytest.approx(expected)
    assert negative_log_likelihood(np.zeros((5, 8)), np.arange(5)) == pytest.approx(np.log(8))


def brute_force_error(probabilities, truth, bins):
    total = 0.0
    for b in range(bins):
        inside = [i for i, p in enumerate(probabilities) if b / bins < p.max() <= (b + 1) / bins]
        if inside:
            confidence = np.mean([probabilities[i].max() for i in inside])
            right = np.mean([probabilities[i].argmax() == truth[i] for i in inside])
            total += len(inside) / len(truth) * abs(right - confidence)
    return total


@given(st.integers(0, 1000), st.floats(0.2, 4))
@settings(max_examples=30, deadline=None)
def test_expected_calibration_error_equals_the_definition(seed, scale):
    logits, truth = world(seed, rows=80, scale=scale)
    probabilities = softmax(logits)
    expected = brute_force_error(probabilities, truth, 15)
    assert expected_calibration_error(probabilities, truth) == pytest.approx(expected)


def test_bins_are_open_to_the_left_and_hold_every_row():
    probabilities = np.array([[0.6, 0.4], [0.8, 0.2], [0.8, 0.2], [1.0, 0.0], [0.5, 0.5]])
    bins = reliability(probabilities, np.array([0, 0, 1, 1, 0]), bins=5)
    assert [(b.confidence, b.accuracy, b.rows) for b in bins] == [
        (pytest.approx(0.55), 1.0, 2),
        (pytest.approx(0.8), 0.5, 2),
        (1.0, 0.0, 1),
    ]


def test_honest_probabilities_have_almost_no_error_and_boastful_ones_have():
    honest, truth = world(2, rows=20_000)
    assert expected_calibration_error(softmax(honest), truth) < 0.012
    assert expected_calibration_error(softmax(3 * honest), truth) > 0.1


@pytest.mark.parametrize("scale", [0.3, 1.0, 2.5, 8.0])
def test_the_known_temperature_is_found(scale):
    logits, truth = world(3, rows=20_000, scale=scale)
    assert fit_temperature(logits, truth) == pytest.approx(scale, rel=0.03)


@given(st.integers(0, 10_000), st.floats(0.1, 10))
@settings(max_examples=30, deadline=None)
def test_the_temperature_is_the_minimum_that_scipy_finds(seed, scale):
    logits, truth = world(seed, rows=60, scale=scale)
    found = optimize.minimize_scalar(
        lambda log_t: negative_log_likelihood(logits, truth, temperature=np.exp(log_t)),
        bounds=(np.log(COLDEST), np.log(HOTTEST)),
        method="bounded",
        options={"xatol": 1e-9},
    )
    fitted = fit_temperature(logits, truth)
    assert negative_log_likelihood(logits, truth, temperature=fitted) == pytest.approx(found.fun, abs=1e-9)
    assert fitted == pytest.approx(np.exp(found.x), rel=1e-3)


@given(st.integers(0, 10_000), st.integers(1, 30), st.floats(0, 60))
@settings(max_examples=60, deadline=None)
def test_dev_is_never_worse_off(seed, rows, scale):
    logits, truth = world(seed, rows=rows, scale=scale)
    fitted = fit_temperature(logits, truth)
    assert COLDEST <= fitted <= HOTTEST
    assert negative_log_likelihood(logits, truth, temperature=fitted) <= negative_log_likelihood(logits, truth)


@pytest.mark.parametrize(("gap", "expected"), [(0.5, 0.995), (4.0, 0.995), (9.0, 0.9999)])
def test_dev_without_a_mistake_does_not_make_certain(gap, expected):
    """100 rows all right: confidence of about 100.5 in 101, and no sharper than the model is by itself."""
    truth = np.arange(100) % 2
    logits = np.where(np.arange(2) == truth[:, None], gap, 0.0)
    confidence = softmax(logits / fit_temperature(logits, truth)).max(1)
    assert confidence == pytest.approx(expected, abs=1e-3)


def test_labels_at_odds_with_the_logits_end_at_the_hottest():
    logits, _ = world(4)
    assert fit_temperature(logits, logits.argmin(1)) == pytest.approx(HOTTEST)


def test_logits_without_information_stay_as_they_are():
    assert fit_temperature(np.zeros((9, 3)), np.arange(9) % 3) == 1


def test_before_and_after():
    dev, dev_truth = world(5, rows=3000, scale=3)
    test, truth = world(6, rows=3000, scale=3)
    result = calibration(test, truth, temperature=fit_temperature(dev, dev_truth))
    assert result.temperature == pytest.approx(3, rel=0.1)
    assert result.nll_after < result.nll_before
    assert result.ece_after < 0.03 < result.ece_before
