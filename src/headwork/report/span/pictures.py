"""The pictures of a page on models that answer from passages."""

from headwork.base.runs import Point
from headwork.base.span import SpanComparison
from headwork.report.charts.drawing import looks
from headwork.report.pictures import MainPictures, draw_main
from headwork.report.span.standings import ranked


def draw_all(comparison: SpanComparison, curves: dict[str, list[list[Point]]]) -> MainPictures:
    """`curves` holds for each model the metrics of its seeds; models that did not train by steps have none."""
    models, chosen = ranked(comparison), comparison.verdict.model
    look = looks([model.name for model in models])
    return MainPictures(**draw_main(models, look, curves, score="f1", called="F1", one="question", chosen=chosen))
