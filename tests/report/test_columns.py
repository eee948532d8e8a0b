"""Tables of models: in which order, what stands where a model would be compared with itself, and the marks."""

from types import SimpleNamespace
from typing import Any

import pytest

from headwork.base.results import Cost, Difference, Latency, Score
from headwork.report.columns import GAP, NAME, P, best_first, in_points, share, speed, spread, table_of
from headwork.report.table import DASH


def model(name: str, mean: float, *, seeds: int = 2) -> Any:
    gap = Difference(difference=-0.1, low=-0.2, high=-0.05, p=0.01, p_holm=0.02)
    return SimpleNamespace(
        name=name,
        seeds=list(range(seeds)),
        scores={"f1": Score(mean=mean, low=mean - 0.1, high=mean + 0.1, spread=0.034)},
        cost=Cost(train_seconds=1.0, parameters=1, bytes=1, peak_bytes=1),
        against_best=gap,
        latency=Latency(p50_ms=2.0, p95_ms=3.0, texts_per_second=500.0),
    )


def test_the_highest_score_comes_first_and_the_named_best_of_equals() -> None:
    models = [model("low", 0.1), model("one", 0.5), model("other", 0.5), model("middle", 0.3)]
    assert [each.name for each in best_first(models, "f1", "other")] == ["other", "one", "middle", "low"]
    assert [each.name for each in best_first(models, "f1", "one")] == ["one", "other", "middle", "low"]


@pytest.mark.parametrize("best", ["a", "b"])
def test_the_best_is_not_compared_with_itself_and_marks_say_who_is_what(best: str) -> None:
    comparison = SimpleNamespace(best=best, verdict=SimpleNamespace(model="a"))
    table = table_of(comparison, [model("a", 0.5), model("b", 0.5)], [NAME, GAP, P])
    for row in table.rows:
        name = row.cells[0].text
        assert [cell.text == DASH for cell in row.cells[1:]] == [name == best] * 2
        assert row.marks == ["verdict"] * (name == "a") + ["best"] * (name == best)
    other = next(row for row in table.rows if row.cells[0].text != best)
    assert "10" in other.cells[1].text and "20" in other.cells[1].detail and "0.02" in other.cells[2].text


def test_what_cells_say() -> None:
    one = model("a", 0.5)
    assert "50" in share(one.scores["f1"]).text and "40" in share(one.scores["f1"]).detail
    assert spread("f1").cell(one).text == in_points(0.034) == "3.4"
    assert spread("f1", str).cell(one).text == "0.034" and spread("f1").cell(one).detail == "2 seeds"
    assert spread("f1").cell(model("a", 0.5, seeds=1)).text == DASH
    took, rate = (maker.cell(one) for maker in speed("pair"))
    assert "2" in took.text and "3" in took.detail and "500" in rate.text
    assert [str(maker.column.title) for maker in speed("pair")] == ["one pair", "pairs/s"]
    assert [str(maker.column.title) for maker in speed("query", "queries")] == ["one query", "queries/s"]
