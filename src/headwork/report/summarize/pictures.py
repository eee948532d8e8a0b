"""The pictures of a page on models that summarise."""

from markupsafe import Markup

from headwork.base.runs import Point
from headwork.base.summary import BASELINE, SummaryComparison
from headwork.report.charts.drawing import INK, Look, looks
from headwork.report.charts.places import PlaceCurve, places_chart
from headwork.report.pictures import (
    MainPictures,
    draw_main,
)
from headwork.report.summarize.standings import ranked


class SummaryPictures(MainPictures, frozen=True, kw_only=True):
    places: Markup


def draw_all(comparison: SummaryComparison, curves: dict[str, list[list[Point]]]) -> SummaryPictures:
    """`curves` holds for each model the metrics of its seeds; models that did not train by steps have none."""
    models, chosen = ranked(comparison), comparison.verdict.model
    look = looks([model.name for model in models])
    main = draw_main(models, look, curves, score="rouge_l", called="ROUGE-L", one="document", chosen=chosen)
    return SummaryPictures(
        **main,
        places=places_chart(
            [
                PlaceCurve(name="oracle", look=Look(INK, "o"), shares=comparison.oracle.places, strong=True),
                *(
                    PlaceCurve(name=model.name, look=look[model.name], shares=model.places)
                    for model in models
                    if model.places and model.name != BASELINE  # which would press the others to the floor
                ),
            ],
            name="places",
            title="Where in the document the chosen sentences stand, of each model and of the oracle",
        ),
    )
