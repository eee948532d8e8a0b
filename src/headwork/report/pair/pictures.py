"""The pictures of a page on models of text pairs. Charts take fractions, and show correlations times 100."""

from markupsafe import Markup

from headwork.base.pair import PairComparison
from headwork.base.runs import Point
from headwork.report.charts.drawing import looks
from headwork.report.pair.standings import ranked
from headwork.report.pictures import MainPictures, draw_calibration, draw_main

CALLED = {"accuracy": "accuracy", "spearman": "Spearman's correlation x 100"}


class PairPictures(MainPictures, frozen=True, kw_only=True):
    reliability: dict[str, tuple[str, Markup]]
    """by model a caption and a diagram; empty for scores"""


def draw_all(comparison: PairComparison, curves: dict[str, list[list[Point]]]) -> PairPictures:
    """`curves` holds for each model the metrics of its seeds; models that did not train by steps have none."""
    models, score, chosen = ranked(comparison), comparison.score, comparison.verdict.model
    look, called, unit = looks([model.name for model in models]), CALLED[score], "%" if comparison.data.classes else ""
    main = draw_main(
        models, look, curves, score=score, called=called, one="pair", chosen=chosen, learnt=score, unit=unit
    )
    return PairPictures(
        **main,
        reliability=draw_calibration(models, look),
    )
