"""The pictures of a page on models that summarise."""

import msgspec
from markupsafe import Markup

from headwork.base.runs import Point
from headwork.base.summary import BASELINE, SummaryComparison
from headwork.report import numbers
from headwork.report.charts.drawing import INK, Look, looks
from headwork.report.charts.intervals import interval_chart
from headwork.report.charts.places import PlaceCurve, places_chart
from headwork.report.charts.tradeoff import tradeoff_chart
from headwork.report.pictures import draw_learning, draw_training, gap_marks, score_marks, spots
from headwork.report.summarize.standings import ranked


class SummaryPictures(msgspec.Struct, frozen=True, kw_only=True):
    score: Markup
    difference: Markup
    latency: Markup
    size: Markup
    places: Markup
    training: dict[str, Markup]
    learning: Markup | None


def draw_all(comparison: SummaryComparison, curves: dict[str, list[list[Point]]]) -> SummaryPictures:
    """`curves` holds for each model the metrics of its seeds; models that did not train by steps have none."""
    models, chosen = ranked(comparison), comparison.verdict.model
    look = looks([model.name for model in models])
    by_time = {model.name: model.latency.p50_ms for model in models}
    by_size = {model.name: float(model.cost.bytes) for model in models}
    return SummaryPictures(
        score=interval_chart(
            score_marks(models, look, score="rouge_l", chosen=chosen),
            name="score", title="ROUGE-L of each model with its 95% interval", axis="ROUGE-L",
        ),
        difference=interval_chart(
            gap_marks(models, look, chosen=chosen),
            name="difference", title="ROUGE-L of each model minus that of the best, with its 95% interval",
            axis="points of ROUGE-L against the best", unit="", zero=True,
        ),
        latency=tradeoff_chart(
            spots(by_time, models, look, score="rouge_l", chosen=chosen),
            name="latency", title="ROUGE-L of each model against the median time for one document",
            axis="median time for one document", number=numbers.milliseconds, unit="%",
        ),
        size=tradeoff_chart(
            spots(by_size, models, look, score="rouge_l", chosen=chosen),
            name="size", title="ROUGE-L of each model against its size in bytes",
            axis="size", number=lambda value: numbers.size(round(value)), unit="%",
        ),
        places=places_chart(
            [
                PlaceCurve(name="oracle", look=Look(INK, "o"), shares=comparison.oracle.places, strong=True),
                *(
                    PlaceCurve(name=model.name, look=look[model.name], shares=model.places)
                    for model in models
                    if model.places and model.name != BASELINE  # which would press the others to the floor
                ),
            ],
            name="places", title="Where in the document the chosen sentences stand, of each model and of the oracle",
        ),
        training=draw_training(curves, look, score="ROUGE-L"),
        learning=draw_learning(models, look, title="ROUGE-L of each model for fewer training documents"),
    )  # fmt: skip
