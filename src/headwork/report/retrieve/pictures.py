"""The pictures of a page on models of search. Charts take fractions, and show the MRR times 100."""

import msgspec
from markupsafe import Markup

from headwork.base.retrieve import RetrieveComparison
from headwork.base.runs import Point
from headwork.report import numbers
from headwork.report.charts.drawing import looks
from headwork.report.charts.found import Finder, found_chart
from headwork.report.charts.intervals import interval_chart
from headwork.report.charts.tradeoff import tradeoff_chart
from headwork.report.pictures import draw_learning, draw_training, gap_marks, score_marks, spots
from headwork.report.retrieve.standings import ranked

CALLED = "MRR x 100"


class RetrievePictures(msgspec.Struct, frozen=True, kw_only=True):
    found: Markup
    score: Markup
    difference: Markup
    latency: Markup
    indexing: Markup
    training: dict[str, Markup]
    learning: Markup | None


def draw_all(comparison: RetrieveComparison, curves: dict[str, list[list[Point]]]) -> RetrievePictures:
    """`curves` holds for each model the metrics of its seeds; models that did not train by steps have none."""
    models, chosen = ranked(comparison), comparison.verdict.model
    look = looks([model.name for model in models])
    by_time = {model.name: model.latency.p50_ms for model in models}
    by_indexing = {model.name: model.indexing.seconds for model in models}
    return RetrievePictures(
        found=found_chart(
            [Finder(name=model.name, look=look[model.name], found=model.found) for model in models],
            name="found", title="Share of the queries of each model that found their document among the first k",
        ),
        score=interval_chart(
            score_marks(models, look, score="mrr", chosen=chosen),
            name="score", title="MRR of each model with its 95% interval", axis=CALLED, unit="",
        ),
        difference=interval_chart(
            gap_marks(models, look, chosen=chosen),
            name="difference", title="MRR of each model minus that of the best, with its 95% interval",
            axis=f"{CALLED} against the best", unit="", zero=True,
        ),
        latency=tradeoff_chart(
            spots(by_time, models, look, score="mrr", chosen=chosen),
            name="latency", title="MRR of each model against the median time for one query",
            axis="median time for one query", number=numbers.milliseconds, unit="",
        ),
        indexing=tradeoff_chart(
            spots(by_indexing, models, look, score="mrr", chosen=chosen),
            name="indexing", title="MRR of each model against the time to index the documents",
            axis="time to index the test documents", number=numbers.seconds, unit="",
        ),
        training=draw_training(curves, look, score="MRR"),
        learning=draw_learning(models, look, title="MRR of each model for fewer training pairs", unit=""),
    )  # fmt: skip
