"""The pictures of a page on models that answer from passages."""

import msgspec
from markupsafe import Markup

from headwork.base.runs import Point
from headwork.base.span import SpanComparison
from headwork.report import numbers
from headwork.report.charts.drawing import looks
from headwork.report.charts.intervals import interval_chart
from headwork.report.charts.tradeoff import tradeoff_chart
from headwork.report.pictures import draw_learning, draw_training, gap_marks, score_marks, spots
from headwork.report.span.standings import ranked


class SpanPictures(msgspec.Struct, frozen=True, kw_only=True):
    score: Markup
    difference: Markup
    latency: Markup
    size: Markup
    training: dict[str, Markup]
    learning: Markup | None


def draw_all(comparison: SpanComparison, curves: dict[str, list[list[Point]]]) -> SpanPictures:
    """`curves` holds for each model the metrics of its seeds; models that did not train by steps have none."""
    models, chosen = ranked(comparison), comparison.verdict.model
    look = looks([model.name for model in models])
    by_time = {model.name: model.latency.p50_ms for model in models}
    by_size = {model.name: float(model.cost.bytes) for model in models}
    return SpanPictures(
        score=interval_chart(
            score_marks(models, look, score="f1", chosen=chosen),
            name="score", title="F1 of each model with its 95% interval", axis="F1",
        ),
        difference=interval_chart(
            gap_marks(models, look, chosen=chosen),
            name="difference", title="F1 of each model minus that of the best, with its 95% interval",
            axis="points of F1 against the best", unit="", zero=True,
        ),
        latency=tradeoff_chart(
            spots(by_time, models, look, score="f1", chosen=chosen),
            name="latency", title="F1 of each model against the median time for one question",
            axis="median time for one question", number=numbers.milliseconds, unit="%",
        ),
        size=tradeoff_chart(
            spots(by_size, models, look, score="f1", chosen=chosen),
            name="size", title="F1 of each model against its size in bytes",
            axis="size", number=lambda value: numbers.size(round(value)), unit="%",
        ),
        training=draw_training(curves, look, score="F1"),
        learning=draw_learning(models, look, title="F1 of each model for fewer training questions"),
    )  # fmt: skip
