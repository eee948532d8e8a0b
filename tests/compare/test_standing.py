"""What every comparison says of its models and of itself."""

from types import SimpleNamespace
from typing import Any

import pytest

from headwork.base.results import Cost, Difference, Latency, Score, Standing
from headwork.compare.standing import compared, middle_latency, placed, standing
from headwork.compare.work import Conditions
from headwork.measure.verdict import F1

CONDITIONS = Conditions(budget_seconds=3.0, threads=2, device="cpu", command="headwork compare x")


def cost(size: int = 1) -> Cost:
    return Cost(train_seconds=2.0, parameters=3, bytes=size, peak_bytes=5)


def finished(model: str, seed: int, f1: float) -> Any:
    told = {"model": model, "title": model.upper(), "seed": seed, "stopped": f"s{seed}", "scores": {"f1": f1}}
    return SimpleNamespace(**told, cost=cost(), seconds=10.0 * seed)


def row(name: str, mean: float, size: int) -> Standing:
    score = Score(mean=mean, low=mean, high=mean, spread=0.0)
    told = standing([finished(name, 1, mean)]) | {"cost": cost(size)}
    return Standing(**told, scores={"f1": score})


def gap(low: float, high: float) -> Difference:
    return Difference(difference=(low + high) / 2, low=low, high=high, p=1.0, p_holm=1.0)


def test_a_model_is_its_seeds() -> None:
    told = standing([finished("a", 4, 0.5), finished("a", 7, 0.6)])
    assert (told["name"], told["title"], told["seeds"], told["stopped"]) == ("a", "A", [4, 7], ["s4", "s7"])
    assert told["cost"].train_seconds == 2.0


def test_latencies_are_medians() -> None:
    found = middle_latency([Latency(p50_ms=p, p95_ms=10 * p, texts_per_second=100 - p) for p in (1.0, 9.0, 2.0)])
    assert (found.p50_ms, found.p95_ms, found.texts_per_second) == (2.0, 20.0, 98.0)


def test_each_model_gets_its_own_difference_and_its_own_curve() -> None:
    models = [row("a", 0.9, 1), row("b", 0.5, 1)]
    to_best = {"a": gap(0, 0), "b": gap(-0.5, -0.3)}
    answers = {name: SimpleNamespace(runs=[finished(name, 0, f1)]) for name, f1 in (("a", 0.9), ("b", 0.5))}
    part = SimpleNamespace(result=lambda kind: finished("b", 0, 0.2), identity=lambda: SimpleNamespace(share=0.1))
    train = SimpleNamespace(share=lambda share: range(round(200 * share)))
    found = placed(models, to_best, answers, [part], train, score="f1")  # type: ignore[list-item]
    assert [model.against_best for model in found] == [to_best["a"], to_best["b"]]
    assert found[0].curve == ()
    assert [(point.share, point.rows, point.accuracy) for point in found[1].curve] == [(0.1, 20, 0.2), (1.0, 200, 0.5)]


def test_a_comparison_says_how_it_was_made() -> None:
    models = [row("large", 0.9, 100), row("small", 0.89, 1), row("worse", 0.5, 1)]
    gaps = (gap(0, 0), gap(-0.03, 0.01), gap(-0.5, -0.3))
    models = placed(
        models,
        {model.name: each for model, each in zip(models, gaps, strict=True)},
        {model.name: SimpleNamespace(runs=[finished(model.name, 0, 0.5)]) for model in models},
        [],
        SimpleNamespace(share=lambda share: ()),
        score="f1",
    )
    runs = [SimpleNamespace(result=lambda seed=seed: finished("a", seed, 0.5)) for seed in (1, 2, 4)]
    data = SimpleNamespace(name="x", facts="facts")
    told = compared(data, models, F1, runs, CONDITIONS)  # type: ignore[arg-type]
    assert (told["name"], told["data"], told["models"]) == ("x", "facts", models)
    assert told["verdict"].model == "small"
    assert told["total_seconds"] == pytest.approx(70.0)
    assert (told["budget_seconds"], told["command"]) == (3.0, "headwork compare x")
    assert told["machine"].threads == 2
