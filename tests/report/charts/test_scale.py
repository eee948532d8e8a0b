"""One hopeless model does not squeeze the axis."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.report.charts.scale import logarithmic_ticks, scale_of, scale_of_all, ticks_of_time


def scaled(values):
    return scale_of(values, lows=[value - 0.01 for value in values], highs=[value + 0.01 for value in values])


def test_a_far_model_is_left_out():
    scale = scaled([0.9, 0.1, 0.85, 0.88])
    assert not scale.holds(0.1) and scale.holds(0.85)
    assert scale.high == pytest.approx(0.91, abs=0.01)


@pytest.mark.parametrize("values", [[0.9], [0.1, 0.9], [0.1, 0.5, 0.9], [0.6, 0.7, 0.8, 0.9], [0.5] * 4])
def test_nobody_else_is(values):
    scale = scaled(values)
    assert all(scale.holds(value) for value in values)
    assert scale.low < min(values) and max(values) < scale.high


@given(st.floats(1e-7, 1e9), st.floats(1.05, 1e6))
def test_a_logarithmic_axis_has_two_numbers_at_least(low, times):
    high = low * times
    ticks = [tick for tick in logarithmic_ticks(low, high).tick_values(low, high) if low <= tick <= high]
    assert 2 <= len(ticks) <= 7


def test_powers_of_ten_stand_on_a_long_axis():
    ticks = logarithmic_ticks(0.002, 3.0).tick_values(0.002, 3.0)
    assert all(math.log10(tick) == pytest.approx(round(math.log10(tick))) for tick in ticks)


def test_all_values_are_shown_and_nothing_that_cannot_be():
    scale = scale_of_all([0.2, 0.9, 0.99], least=0, most=1)
    assert scale.holds(0.2) and scale.holds(0.99) and scale.high == 1 and 0 < scale.low < 0.2
    assert scale_of_all([5.1, 6.9], least=0).low > 4.9
    assert scale_of_all([0.01, 6.9], least=0).low == 0


@given(st.floats(0.02, 1e6))
def test_times_are_few_and_round(longest):
    ticks = [tick for tick in ticks_of_time(longest).tick_values(0, longest) if 0 < tick <= longest]
    assert 1 <= len(ticks) <= 5
    assert ticks[0] < 60 or all(tick % 60 == pytest.approx(0) for tick in ticks)


def test_five_minutes_are_told_by_the_minute():
    assert ticks_of_time(300).tick_values(0, 300)[1:6].tolist() == [0, 60, 120, 180, 240]
