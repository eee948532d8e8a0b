"""The line of models that nothing cheaper beats."""

from hypothesis import given
from hypothesis import strategies as st

from headwork.base.results import Score
from headwork.report.charts.drawing import Look
from headwork.report.charts.tradeoff import Spot, frontier


def spot(cost: float, mean: float) -> Spot:
    score = Score(mean=mean, low=mean, high=mean, spread=0.0)
    return Spot(name="", look=Look("#000000", "o"), cost=cost, score=score)


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=12))
def test_the_frontier_is_what_nothing_cheaper_or_equal_beats(pairs):
    spots = [spot(cost, mean) for cost, mean in pairs]
    kept = {(one.cost, one.score.mean) for one in frontier(spots)}
    expected = {
        (cost, mean)
        for cost, mean in pairs
        if not any((c <= cost and m > mean) or (c < cost and m >= mean) for c, m in pairs)
    }
    assert kept == expected
