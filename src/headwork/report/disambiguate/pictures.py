"""The pictures of a page on disambiguators."""

from collections.abc import Mapping

from markupsafe import Markup

from headwork.base.disambiguate import SenseComparison, SenseMaps
from headwork.base.errors import HeadworkError
from headwork.base.runs import Point
from headwork.report.charts.drawing import looks
from headwork.report.charts.senses import sense_chart
from headwork.report.disambiguate.standings import ranked
from headwork.report.pictures import (
    MainPictures,
    draw_calibration,
    draw_main,
)


class SensePictures(MainPictures, frozen=True, kw_only=True):
    reliability: dict[str, tuple[str, Markup]]
    """by model a caption and a diagram"""


def draw_all(comparison: SenseComparison, curves: dict[str, list[list[Point]]]) -> SensePictures:
    """`curves` holds for each model the metrics of its seeds; models that did not train by steps have none."""
    models, chosen, score = ranked(comparison), comparison.verdict.model, "accuracy"
    look = looks([model.name for model in models])
    main = draw_main(models, look, curves, score=score, called="accuracy", one="text", chosen=chosen)
    return SensePictures(
        **main,
        reliability=draw_calibration(models, look),
    )


def draw_maps(found: Mapping[str, SenseMaps | None], word: str | None) -> dict[str, tuple[str, Markup]]:
    """By model what its vectors are and a map of `word`, or of the first that has one; HeadworkError where none has."""
    known = list(dict.fromkeys(each.word for maps in found.values() if maps for each in maps.maps))
    if word is not None and word not in known:
        raise HeadworkError(f"--word {word}: no map of this word; there are those of {', '.join(known) or 'none'}")
    wanted = word or next(iter(known), None)
    return {
        name: (f"{wanted}: {maps.of}", sense_chart(each, name=f"senses{place}", title=f"{wanted} as {name} sees it"))
        for place, (name, maps) in enumerate(found.items())
        if maps
        for each in maps.maps
        if each.word == wanted
    }
