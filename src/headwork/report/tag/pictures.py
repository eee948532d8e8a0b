"""The pictures of a page on taggers."""

from headwork.base.runs import Point
from headwork.base.tag import TagComparison
from headwork.report.charts.drawing import looks
from headwork.report.pictures import MainPictures, draw_main
from headwork.report.tag.standings import called, ranked


def draw_all(comparison: TagComparison, curves: dict[str, list[list[Point]]]) -> MainPictures:
    """`curves` holds for each model the metrics of its seeds; models that did not train by steps have none."""
    models, score, chosen = ranked(comparison), comparison.score, comparison.verdict.model
    look, name = looks([model.name for model in models]), called(comparison)[score]
    unit = comparison.data.unit.removesuffix("s")
    return MainPictures(
        **draw_main(
            models,
            look,
            curves,
            score=score,
            called=name,
            one=unit,
            chosen=chosen,
            learnt="F1" if comparison.of_entities else "accuracy",
        )
    )
