"""A line-up against one of its models."""

import numpy as np
import pytest

from headwork.measure.against import differences_against
from headwork.measure.holm import holm
from headwork.measure.mcnemar import mcnemar
from headwork.measure.paired import paired_difference


@pytest.fixture(scope="module")
def line_up():
    generator = np.random.default_rng(4)
    truth = generator.integers(3, size=300)

    def model(right, seeds):
        return np.where(generator.random((seeds, 300)) < right, truth, generator.integers(3, size=(seeds, 300)))

    return truth, {"majority": model(0.1, 1), "best": model(0.9, 3), "near": model(0.88, 3), "far": model(0.7, 2)}


def test_each_difference_is_the_paired_one(line_up):
    truth, predicted = line_up
    results = differences_against("best", truth, predicted, seed=3)
    assert list(results) == list(predicted)
    for name in ("majority", "near", "far"):
        alone = paired_difference(truth, predicted[name], predicted["best"], seed=3)
        got = results[name]
        assert (got.difference, got.low, got.high, got.p) == (alone.difference, alone.low, alone.high, alone.p)
        assert got.mcnemar_p == mcnemar(truth, predicted[name][0], predicted["best"][0])


def test_the_reference_is_not_counted_as_a_comparison(line_up):
    truth, predicted = line_up
    results = differences_against("best", truth, predicted)
    itself = results.pop("best")
    assert (itself.difference, itself.low, itself.high, itself.p, itself.p_holm) == (0, 0, 0, 1, 1)
    assert (itself.mcnemar_p, itself.mcnemar_p_holm) == (1, 1)
    assert [r.p_holm for r in results.values()] == holm([r.p for r in results.values()])
    assert [r.mcnemar_p_holm for r in results.values()] == holm([r.mcnemar_p for r in results.values()])


def test_a_reference_alone(line_up):
    truth, predicted = line_up
    assert differences_against("best", truth, {"best": predicted["best"]})["best"].p == 1
