"""All pictures of a page, drawn from its results and from the training curves of its trials."""

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import msgspec
from markupsafe import Markup

from headwork.base.results import Calibrated, Comparison, ModelResult, Standing
from headwork.base.runs import Point
from headwork.report import numbers
from headwork.report.charts.drawing import Look, looks
from headwork.report.charts.intervals import Mark, interval_chart
from headwork.report.charts.learning import Curve, learning_chart
from headwork.report.charts.reliability import reliability_chart
from headwork.report.charts.scale import scale_of_all
from headwork.report.charts.tradeoff import Spot, tradeoff_chart
from headwork.report.charts.training import training_chart
from headwork.report.standings import ranked


class Pictures(msgspec.Struct, frozen=True, kw_only=True):
    accuracy: Markup
    difference: Markup
    latency: Markup
    size: Markup
    reliability: dict[str, Markup]
    training: dict[str, Markup]
    learning: Markup | None


def draw_all(comparison: Comparison, curves: dict[str, list[list[Point]]]) -> Pictures:
    """`curves` holds for each model the metrics of its seeds; models that did not train by steps have none."""
    models = ranked(comparison)
    look = looks([model.name for model in models])
    return Pictures(
        accuracy=_accuracy(models, look, comparison),
        difference=_difference(models, look, comparison),
        latency=_tradeoff(
            {model.name: model.latency.p50_ms for model in models},
            *(models, look, comparison),
            name="latency",
            title="Accuracy of each model against the median time for one text",
            axis="median time for one text",
            number=numbers.milliseconds,
        ),
        size=_tradeoff(
            {model.name: float(model.cost.bytes) for model in models},
            *(models, look, comparison),
            name="size",
            title="Accuracy of each model against its size in bytes",
            axis="size",
            number=lambda value: numbers.size(round(value)),
        ),
        reliability=_reliability(models, look),
        training=draw_training(curves, look),
        learning=draw_learning(models, look, title="Accuracy of each model for fewer training texts"),
    )


def _accuracy(models: list[ModelResult], look: dict[str, Look], comparison: Comparison) -> Markup:
    return interval_chart(
        score_marks(models, look, score="accuracy", chosen=comparison.verdict.model),
        name="accuracy", title="Accuracy of each model with its 95% interval", axis="accuracy",
    )  # fmt: skip


def _difference(models: list[ModelResult], look: dict[str, Look], comparison: Comparison) -> Markup:
    return interval_chart(
        gap_marks(models, look, chosen=comparison.verdict.model),
        name="difference", title="Accuracy of each model minus that of the best, with its 95% interval",
        axis="points of accuracy against the best", unit="", zero=True,
    )  # fmt: skip


def _tradeoff(
    costs: dict[str, float], models: list[ModelResult], look: dict[str, Look], comparison: Comparison, **texts
) -> Markup:
    return tradeoff_chart(spots(costs, models, look, score="accuracy", chosen=comparison.verdict.model), **texts)


class MainPictures(msgspec.Struct, frozen=True, kw_only=True):
    """What the page of almost every task shows."""

    score: Markup
    difference: Markup
    latency: Markup
    size: Markup
    training: dict[str, Markup]
    learning: Markup | None


def draw_main(
    models: Sequence[Any],
    look: dict[str, Look],
    curves: dict[str, list[list[Point]]],
    *,
    score: str,
    called: str,
    one: str,
    chosen: str,
    many: str = "",
    learnt: str = "",
    unit: Literal["%", ""] = "%",
) -> dict[str, Any]:
    """The fields of `MainPictures`. `curves` holds for each model the metrics of its seeds.

    models: standings with a latency; score, called: the main one, and its name; one, many: what is answered, as in
    "text" and "texts"; learnt: the name of what training curves show, where it is another.
    """
    told = f"{called[0].upper()}{called[1:]}"
    by_time = {model.name: model.latency.p50_ms for model in models}
    by_size = {model.name: float(model.cost.bytes) for model in models}
    return {
        "score": interval_chart(
            score_marks(models, look, score=score, chosen=chosen),
            name="score", title=f"{told} of each model with its 95% interval", axis=called, unit=unit,
        ),
        "difference": interval_chart(
            gap_marks(models, look, chosen=chosen),
            name="difference", title=f"{told} of each model minus that of the best, with its 95% interval",
            axis=f"{'points of ' if unit else ''}{called} against the best", unit="", zero=True,
        ),
        "latency": tradeoff_chart(
            spots(by_time, models, look, score=score, chosen=chosen),
            name="latency", title=f"{told} of each model against the median time for one {one}",
            axis=f"median time for one {one}", number=numbers.milliseconds, unit=unit,
        ),
        "size": tradeoff_chart(
            spots(by_size, models, look, score=score, chosen=chosen),
            name="size", title=f"{told} of each model against its size in bytes",
            axis="size", number=lambda value: numbers.size(round(value)), unit=unit,
        ),
        "training": draw_training(curves, look, score=learnt or called),
        "learning": draw_learning(
            models, look, title=f"{told} of each model for fewer training {many or one + 's'}", unit=unit
        ),
    }  # fmt: skip


def score_marks(models: Sequence[Standing], look: dict[str, Look], *, score: str, chosen: str) -> list[Mark]:
    """A score of each model with its interval."""
    return [
        Mark(
            name=model.name,
            look=look[model.name],
            value=model.scores[score].mean,
            low=model.scores[score].low,
            high=model.scores[score].high,
            strong=model.name == chosen,
        )
        for model in models
    ]


def gap_marks(models: Sequence[Standing], look: dict[str, Look], *, chosen: str) -> list[Mark]:
    """The difference of each model to the best with its interval."""
    return [
        Mark(
            name=model.name,
            look=look[model.name],
            value=model.against_best.difference,
            low=model.against_best.low,
            high=model.against_best.high,
            strong=model.name == chosen,
        )
        for model in models
    ]


def spots(
    costs: dict[str, float], models: Sequence[Standing], look: dict[str, Look], *, score: str, chosen: str
) -> list[Spot]:
    """A score of each model against what it costs."""
    return [
        Spot(
            name=model.name,
            look=look[model.name],
            # A logarithmic axis has no zero: what costs nothing measurable stands at the left end.
            cost=costs[model.name] or min((cost for cost in costs.values() if cost > 0), default=1.0),
            score=model.scores[score],
            strong=model.name == chosen,
        )
        for model in models
    ]


def _reliability(models: list[ModelResult], look: dict[str, Look]) -> dict[str, Markup]:
    return {
        model.name: reliability_chart(
            model.reliability_before,
            model.reliability_after,
            look[model.name],
            name=f"reliability{place}",
            title=f"How often {model.name} is right for how sure it is",
        )
        for place, model in enumerate(models)
    }


class Told(Protocol):
    """A model that says how sure it is, or that has no classes to be sure of."""

    @property
    def name(self) -> str: ...
    @property
    def calibrated(self) -> Calibrated | None: ...


def draw_calibration(models: Sequence[Told], look: dict[str, Look]) -> dict[str, tuple[str, Markup]]:
    """By model a caption and a diagram; of models without classes none."""
    return {
        model.name: (
            _errors(model.calibrated),
            reliability_chart(
                model.calibrated.before,
                model.calibrated.after,
                look[model.name],
                name=f"reliability{place}",
                title=f"How often {model.name} is right for how sure it is",
            ),
        )
        for place, model in enumerate(models)
        if model.calibrated
    }


def _errors(found: Calibrated) -> str:
    before, after = numbers.percent(found.numbers.ece_before), numbers.percent(found.numbers.ece_after)
    return f"ECE {before} → {after}, temperature {numbers.decimal(found.numbers.temperature)}"


def draw_training(
    curves: dict[str, list[list[Point]]], look: dict[str, Look], *, score: str = "accuracy"
) -> dict[str, Markup]:
    """Training curves of the models that have any, all on the same scales; `score` is what is called accuracy there."""
    trained = {name: [seed for seed in curves.get(name, []) if seed] for name in look}
    trained = {name: seeds for name, seeds in trained.items() if seeds}
    points = [point for seeds in trained.values() for seed in seeds for point in seed]
    if not points:
        return {}
    scores = scale_of_all((point.dev_accuracy for point in points), least=0, most=1)
    losses = scale_of_all((loss for point in points for loss in (point.dev_loss, point.train_loss)), least=0)
    return {
        name: training_chart(
            seeds,
            look[name],
            name=f"training{place}",
            title=f"{score.capitalize()} and loss of {name} over the epochs of its training",
            scores=scores,
            losses=losses,
            score=score,
        )
        for place, (name, seeds) in enumerate(trained.items())
    }


def draw_learning(
    models: Sequence[Standing], look: dict[str, Look], *, title: str, unit: Literal["%", ""] = "%"
) -> Markup | None:
    """The learning curves of the models that have any."""
    curves = [
        Curve(name=model.name, look=look[model.name], points=sorted(model.curve, key=lambda point: point.rows))
        for model in models
        if len(model.curve) > 1
    ]
    if not curves:
        return None
    return learning_chart(curves, name="learning", title=title, unit=unit)
