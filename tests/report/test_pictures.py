"""The pictures of almost every page: what they are told of each model, and in which words."""

from types import SimpleNamespace
from typing import Any

import pytest

from headwork.base.results import Cost, CurvePoint, Difference, Latency, Score
from headwork.report import pictures
from headwork.report.charts.drawing import looks
from headwork.report.pictures import MainPictures, draw_main


def model(name: str, mean: float) -> Any:
    score = Score(mean=mean, low=mean - 0.1, high=mean + 0.1, spread=0.0)
    return SimpleNamespace(
        name=name,
        scores={"f1": score, "exact": Score(mean=0.0, low=0.0, high=0.0, spread=0.0)},
        cost=Cost(train_seconds=1.0, parameters=7, bytes=4096, peak_bytes=9),
        against_best=Difference(difference=-0.2, low=-0.3, high=-0.1, p=0.01, p_holm=0.02),
        latency=Latency(p50_ms=2.0, p95_ms=3.0, texts_per_second=500.0),
        curve=tuple(CurvePoint(share=rows / 30, rows=rows, accuracy=mean, spread=0.0) for rows in (10, 30)),
    )


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[Any, dict[str, Any]]]:
    """What each chart was given, by its name."""
    found: dict[str, tuple[Any, dict[str, Any]]] = {}
    for chart in ("interval_chart", "tradeoff_chart", "learning_chart"):
        monkeypatch.setattr(pictures, chart, lambda marks, **said: found.setdefault(said["name"], (marks, said)))
    return found


@pytest.mark.parametrize(("unit", "against"), [("%", "points of token F1"), ("", "token F1")])
def test_each_chart_is_told_the_score_and_what_its_axis_says(told: Any, unit: Any, against: str) -> None:
    models = [model("best", 0.8), model("other", 0.5)]
    look = looks(["best", "other"])
    said = draw_main(
        models, look, {}, score="f1", called="token F1", one="query", many="queries", chosen="best", unit=unit
    )
    assert set(said) == set(MainPictures.__struct_fields__)
    assert [(mark.name, mark.value, mark.strong) for mark in told["score"][0]] == [
        ("best", 0.8, True),
        ("other", 0.5, False),
    ]
    assert [mark.value for mark in told["difference"][0]] == [-0.2, -0.2]
    assert [spot.cost for spot in told["latency"][0]] == [2.0, 2.0], "the median, not the slowest"
    assert [spot.cost for spot in told["size"][0]] == [4096.0, 4096.0]
    assert told["score"][1]["title"].startswith("Token F1 of each model") and told["score"][1]["unit"] == unit
    assert told["difference"][1]["axis"] == f"{against} against the best"
    assert told["latency"][1]["axis"] == "median time for one query"
    assert told["learning"][1]["title"] == "Token F1 of each model for fewer training queries"
