"""The pictures of a page on models of text pairs. Charts take fractions, and show correlations times 100."""

import msgspec
from markupsafe import Markup

from headwork.base.pair import PairComparison
from headwork.base.runs import Point
from headwork.report import numbers
from headwork.report.charts.drawing import looks
from headwork.report.charts.intervals import interval_chart
from headwork.report.charts.tradeoff import tradeoff_chart
from headwork.report.pair.standings import ranked
from headwork.report.pictures import draw_calibration, draw_learning, draw_training, gap_marks, score_marks, spots

CALLED = {"accuracy": "accuracy", "spearman": "Spearman's correlation x 100"}


class PairPictures(msgspec.Struct, frozen=True, kw_only=True):
    score: Markup
    difference: Markup
    latency: Markup
    size: Markup
    reliability: dict[str, tuple[str, Markup]]
    """by model a caption and a diagram; empty for scores"""
    training: dict[str, Markup]
    learning: Markup | None


def draw_all(comparison: PairComparison, curves: dict[str, list[list[Point]]]) -> PairPictures:
    """`curves` holds for each model the metrics of its seeds; models that did not train by steps have none."""
    models, score, chosen = ranked(comparison), comparison.score, comparison.verdict.model
    look, called, unit = looks([model.name for model in models]), CALLED[score], "%" if comparison.data.classes else ""
    told = called.capitalize()
    by_time = {model.name: model.latency.p50_ms for model in models}
    by_size = {model.name: float(model.cost.bytes) for model in models}
    return PairPictures(
        score=interval_chart(
            score_marks(models, look, score=score, chosen=chosen),
            name="score", title=f"{told} of each model with its 95% interval", axis=called, unit=unit,
        ),
        difference=interval_chart(
            gap_marks(models, look, chosen=chosen),
            name="difference", title=f"{told} of each model minus that of the best, with its 95% interval",
            axis=f"{called} against the best", unit="", zero=True,
        ),
        latency=tradeoff_chart(
            spots(by_time, models, look, score=score, chosen=chosen),
            name="latency", title=f"{told} of each model against the median time for one pair",
            axis="median time for one pair", number=numbers.milliseconds, unit=unit,
        ),
        size=tradeoff_chart(
            spots(by_size, models, look, score=score, chosen=chosen),
            name="size", title=f"{told} of each model against its size in bytes",
            axis="size", number=lambda value: numbers.size(round(value)), unit=unit,
        ),
        reliability=draw_calibration(models, look),
        training=draw_training(curves, look, score=score),
        learning=draw_learning(models, look, title=f"{told} of each model for fewer training pairs", unit=unit),
    )  # fmt: skip
