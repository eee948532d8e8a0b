"""Calibration of labels: the definitions by hand, and a temperature that brings them down."""

import math

import numpy as np
import pytest

from headwork.measure.calibration import fit_temperature, softmax
from headwork.measure.label_calibration import label_errors, label_reliability, of_two, sigmoid


def rows(scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are `scale` times too large for how often a label is there."""
    random = np.random.default_rng(0)
    logits = random.normal(-1, 1.5, (4000, 2))
    return scale * logits, random.random(logits.shape) < 1 / (1 + np.exp(-logits))


def test_sigmoid_is_the_softmax_of_two_and_never_overflows():
    logits = np.array([-800.0, -3.0, 0.0, 0.5, 800.0])
    with np.errstate(all="raise", under="ignore"):
        found = sigmoid(logits)
    np.testing.assert_allclose(found, softmax(of_two(logits))[:, 1], atol=1e-15)


def test_both_errors_by_hand():
    logits, truth = np.log([[1 / 3, 4.0], [3.0, 4.0]]), np.array([[False, True], [True, False]])
    found = label_errors(logits, truth)  # probabilities 0.25 and 0.75; twice 0.8
    assert found.nll == pytest.approx(-(2 * math.log(0.75) + math.log(0.8) + math.log(0.2)) / 4)
    assert found.ece == pytest.approx(((0.25 + 0.25) / 2 + abs(0.8 - 0.5)) / 2)
    (bins,) = [bin for bin in label_reliability(sigmoid(logits), truth) if bin.rows == 3]  # 0.75 lies in their bin
    assert (bins.confidence, bins.accuracy) == (pytest.approx(2.35 / 3), pytest.approx(2 / 3))


@pytest.mark.row("BE12")
def test_a_temperature_of_each_label_brings_them_down():
    logits, truth = rows(scale=3.0)
    fitted = np.array([fit_temperature(of_two(logits[:, place]), truth[:, place].astype(int)) for place in (0, 1)])
    assert fitted == pytest.approx([3.0, 3.0], rel=0.1)
    before, after = label_errors(logits, truth), label_errors(logits / fitted, truth)
    assert after.nll < before.nll - 0.1 and after.ece < 0.02 < 0.05 < before.ece
