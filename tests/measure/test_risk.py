"""The certificate of a risk: its p-values against their definition, its promise against simulation."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
from scipy.stats import binom

from headwork.measure.risk import certified, p_of_risk

pytestmark = pytest.mark.row("LC20")
DELTA, EPSILON = 0.1, 0.1
RISKS = (0.02, 0.05, 0.08, 0.1, 0.101, 0.11, 0.13, 0.2)
"""of settings from the safest on; the last four are above DELTA"""


def naive(losses: Iterator[np.ndarray], *, delta: float, epsilon: float) -> int:
    """The mistake that the certificate is there for: what looks good on the sample is taken."""
    return sum(1 for found in losses if found.mean() <= delta)


def broken_promises(choose, draw, *, repeats: int = 1500) -> float:
    """How often a setting is chosen whose risk is above DELTA."""
    chance = np.random.default_rng(0)
    broken = 0
    for _ in range(repeats):
        passed = choose((draw(chance, risk) for risk in RISKS), delta=DELTA, epsilon=EPSILON)
        broken += passed > 0 and RISKS[passed - 1] > DELTA
    return broken / repeats


def binary(chance: np.random.Generator, risk: float) -> np.ndarray:
    return (chance.random(120) < risk).astype(float)


def shares(chance: np.random.Generator, risk: float) -> np.ndarray:
    """Of twelve places each, whose risk differs from piece to piece."""
    return chance.binomial(12, chance.beta(2 * risk, 2 * (1 - risk), 120)) / 12


@pytest.mark.parametrize("draw", [binary, shares])
def test_the_promise_is_kept_as_often_as_it_says_and_by_the_naive_choice_it_is_not(draw):
    slack = 3 * math.sqrt(EPSILON * (1 - EPSILON) / 1500)
    assert broken_promises(certified, draw) <= EPSILON + slack
    assert broken_promises(naive, draw) > 0.3


def test_it_is_no_promise_that_nothing_can_meet():
    chance = np.random.default_rng(0)
    draws = ([binary(chance, risk) for risk in RISKS] for _ in range(100))
    assert np.mean([certified(found, delta=DELTA, epsilon=EPSILON) >= 1 for found in draws]) > 0.9


@pytest.mark.parametrize(("n", "wrong"), [(50, 0), (50, 2), (400, 30), (400, 40), (400, 90)])
def test_the_p_value_is_the_better_of_two_bounds(n, wrong):
    losses = np.zeros(n)
    losses[:wrong] = 1
    mean = min(wrong / n, DELTA)
    distance = (1 - mean) * math.log((1 - mean) / (1 - DELTA)) + (mean * math.log(mean / DELTA) if mean else 0)
    expected = min(1, math.exp(-n * distance), math.e * binom.cdf(wrong, n, DELTA))
    assert p_of_risk(losses, DELTA) == pytest.approx(expected)


def test_nothing_is_tried_after_the_first_that_fails():
    good, bad = np.zeros(300), np.ones(300)
    tried = []

    def losses() -> Iterator[np.ndarray]:
        for found in (good, good, bad, good):
            tried.append(found)
            yield found

    assert certified(losses(), delta=DELTA, epsilon=EPSILON) == 2 and len(tried) == 3
    assert certified([np.zeros(5)], delta=DELTA, epsilon=EPSILON) == 0
