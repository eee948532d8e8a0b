"""One hopeless model does not squeeze the axis."""

import pytest

from headwork.report.charts.scale import scale_of


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
