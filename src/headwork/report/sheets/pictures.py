"""The pictures of a page on models of tables."""

from headwork.base.runs import Point
from headwork.base.table import TableComparison
from headwork.report.charts.drawing import looks
from headwork.report.pictures import MainPictures, draw_main
from headwork.report.sheets.standings import ranked


def draw_all(comparison: TableComparison, curves: dict[str, list[list[Point]]]) -> MainPictures:
    """`curves` holds for each model the metrics of its seeds; models that did not train by steps have none."""
    models, chosen = ranked(comparison), comparison.verdict.model
    look, unit = looks([model.name for model in models]), comparison.data.unit
    return MainPictures(
        **draw_main(
            models, look, curves, score="accuracy", called="accuracy", one=f"of the {unit}", many=unit, chosen=chosen
        )
    )
