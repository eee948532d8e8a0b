"""Names at the ends of learning curves."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from headwork.report.charts.learning import spread_out


@given(st.lists(st.floats(0, 1), min_size=1, max_size=14))
def test_heights_keep_their_order_their_gap_and_the_frame(heights):
    gap = 1 / 15
    moved = spread_out(heights, gap=gap, low=0, high=1)
    order = sorted(range(len(heights)), key=lambda place: heights[place])
    for lower, upper in itertools.pairwise(order):
        assert moved[upper] - moved[lower] >= gap - 1e-9
    assert all(-1e-9 <= height <= 1 + 1e-9 for height in moved)


def test_what_is_apart_stays_where_it_is():
    assert spread_out([0.1, 0.9, 0.5], gap=0.1, low=0, high=1) == [0.1, 0.9, 0.5]
