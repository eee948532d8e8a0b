"""Learning rates rise, fall and stay within bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.train.schedules import SCHEDULES, one_cycle, warmup_linear


@pytest.mark.parametrize("name", SCHEDULES)
@given(steps=st.integers(1, 5000), warmup=st.floats(0, 0.9))
def test_factors_stay_in_bounds(name: str, steps: int, warmup: float) -> None:
    for step in {0, steps // 3, steps // 2, steps - 1}:
        assert 0 < SCHEDULES[name](step, steps, warmup) <= 1


@pytest.mark.parametrize("schedule", [one_cycle, warmup_linear])
def test_up_in_the_warm_up_and_down_after_it(schedule) -> None:
    factors = [schedule(step, 100, 0.1) for step in range(100)]
    assert factors[:11] == sorted(factors[:11])
    assert factors[10:] == sorted(factors[10:], reverse=True)
    assert max(factors) == pytest.approx(1.0)
    assert factors[-1] < 0.02


def test_warmup_linear_is_the_straight_line() -> None:
    assert warmup_linear(55, 100, 0.1) == pytest.approx(0.5)


def test_one_cycle_starts_at_a_twenty_fifth() -> None:
    assert one_cycle(0, 100, 0.3) == pytest.approx(0.04)
