"""The pictures of a page on taggers."""

import msgspec
from markupsafe import Markup

from headwork.base.runs import Point
from headwork.base.tag import TagComparison
from headwork.report import numbers
from headwork.report.charts.drawing import looks
from headwork.report.charts.intervals import interval_chart
from headwork.report.charts.tradeoff import tradeoff_chart
from headwork.report.pictures import draw_learning, draw_training, gap_marks, score_marks, spots
from headwork.report.tag.standings import called, ranked


class TagPictures(msgspec.Struct, frozen=True, kw_only=True):
    score: Markup
    difference: Markup
    latency: Markup
    size: Markup
    training: dict[str, Markup]
    learning: Markup | None


def draw_all(comparison: TagComparison, curves: dict[str, list[list[Point]]]) -> TagPictures:
    """`curves` holds for each model the metrics of its seeds; models that did not train by steps have none."""
    models, score, chosen = ranked(comparison), comparison.score, comparison.verdict.model
    look, name = looks([model.name for model in models]), called(comparison)[score]
    unit = comparison.data.unit.removesuffix("s")
    told = f"{name[0].upper()}{name[1:]}"
    by_time = {model.name: model.latency.p50_ms for model in models}
    by_size = {model.name: float(model.cost.bytes) for model in models}
    return TagPictures(
        score=interval_chart(
            score_marks(models, look, score=score, chosen=chosen),
            name="score", title=f"{told} of each model with its 95% interval", axis=name,
        ),
        difference=interval_chart(
            gap_marks(models, look, chosen=chosen),
            name="difference", title=f"{told} of each model minus that of the best, with its 95% interval",
            axis=f"points of {name} against the best", unit="", zero=True,
        ),
        latency=tradeoff_chart(
            spots(by_time, models, look, score=score, chosen=chosen),
            name="latency", title=f"{told} of each model against the median time for one {unit}",
            axis=f"median time for one {unit}", number=numbers.milliseconds,
        ),
        size=tradeoff_chart(
            spots(by_size, models, look, score=score, chosen=chosen),
            name="size", title=f"{told} of each model against its size in bytes",
            axis="size", number=lambda value: numbers.size(round(value)),
        ),
        training=draw_training(curves, look, score="F1" if comparison.of_entities else "accuracy"),
        learning=draw_learning(models, look, title=f"{told} of each model for fewer training {unit}s"),
    )  # fmt: skip
