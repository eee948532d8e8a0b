"""The pictures of a page on models of tables."""

import msgspec
from markupsafe import Markup

from headwork.base.runs import Point
from headwork.base.table import TableComparison
from headwork.report import numbers
from headwork.report.charts.drawing import looks
from headwork.report.charts.intervals import interval_chart
from headwork.report.charts.tradeoff import tradeoff_chart
from headwork.report.pictures import draw_learning, draw_training, gap_marks, score_marks, spots
from headwork.report.sheets.standings import ranked


class SheetPictures(msgspec.Struct, frozen=True, kw_only=True):
    score: Markup
    difference: Markup
    latency: Markup
    size: Markup
    training: dict[str, Markup]
    learning: Markup | None


def draw_all(comparison: TableComparison, curves: dict[str, list[list[Point]]]) -> SheetPictures:
    """`curves` holds for each model the metrics of its seeds; models that did not train by steps have none."""
    models, chosen = ranked(comparison), comparison.verdict.model
    look, unit = looks([model.name for model in models]), comparison.data.unit
    by_time = {model.name: model.latency.p50_ms for model in models}
    by_size = {model.name: float(model.cost.bytes) for model in models}
    return SheetPictures(
        score=interval_chart(
            score_marks(models, look, score="accuracy", chosen=chosen),
            name="score", title="Accuracy of each model with its 95% interval", axis="accuracy",
        ),
        difference=interval_chart(
            gap_marks(models, look, chosen=chosen),
            name="difference", title="Accuracy of each model minus that of the best, with its 95% interval",
            axis="points of accuracy against the best", unit="", zero=True,
        ),
        latency=tradeoff_chart(
            spots(by_time, models, look, score="accuracy", chosen=chosen),
            name="latency", title=f"Accuracy of each model against the median time for one of the {unit}",
            axis=f"median time for one of the {unit}", number=numbers.milliseconds, unit="%",
        ),
        size=tradeoff_chart(
            spots(by_size, models, look, score="accuracy", chosen=chosen),
            name="size", title="Accuracy of each model against its size in bytes",
            axis="size", number=lambda value: numbers.size(round(value)), unit="%",
        ),
        training=draw_training(curves, look, score="accuracy"),
        learning=draw_learning(models, look, title=f"Accuracy of each model for fewer training {unit}"),
    )  # fmt: skip
