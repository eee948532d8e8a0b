"""The pictures of a page on disambiguators."""

from collections.abc import Mapping

import msgspec
from markupsafe import Markup

from headwork.base.disambiguate import SenseComparison, SenseMaps
from headwork.base.errors import HeadworkError
from headwork.base.runs import Point
from headwork.report import numbers
from headwork.report.charts.drawing import looks
from headwork.report.charts.intervals import interval_chart
from headwork.report.charts.senses import sense_chart
from headwork.report.charts.tradeoff import tradeoff_chart
from headwork.report.disambiguate.standings import ranked
from headwork.report.pictures import draw_calibration, draw_learning, draw_training, gap_marks, score_marks, spots


class SensePictures(msgspec.Struct, frozen=True, kw_only=True):
    score: Markup
    difference: Markup
    latency: Markup
    size: Markup
    reliability: dict[str, tuple[str, Markup]]
    """by model a caption and a diagram"""
    training: dict[str, Markup]
    learning: Markup | None


def draw_all(comparison: SenseComparison, curves: dict[str, list[list[Point]]]) -> SensePictures:
    """`curves` holds for each model the metrics of its seeds; models that did not train by steps have none."""
    models, chosen, score = ranked(comparison), comparison.verdict.model, "accuracy"
    look = looks([model.name for model in models])
    by_time = {model.name: model.latency.p50_ms for model in models}
    by_size = {model.name: float(model.cost.bytes) for model in models}
    return SensePictures(
        score=interval_chart(
            score_marks(models, look, score=score, chosen=chosen),
            name="score", title="Accuracy of each model with its 95% interval", axis="accuracy",
        ),
        difference=interval_chart(
            gap_marks(models, look, chosen=chosen),
            name="difference", title="Accuracy of each model minus that of the best, with its 95% interval",
            axis="points of accuracy against the best", unit="", zero=True,
        ),
        latency=tradeoff_chart(
            spots(by_time, models, look, score=score, chosen=chosen),
            name="latency", title="Accuracy of each model against the median time for one text",
            axis="median time for one text", number=numbers.milliseconds,
        ),
        size=tradeoff_chart(
            spots(by_size, models, look, score=score, chosen=chosen),
            name="size", title="Accuracy of each model against its size in bytes",
            axis="size", number=lambda value: numbers.size(round(value)),
        ),
        reliability=draw_calibration(models, look),
        training=draw_training(curves, look),
        learning=draw_learning(models, look, title="Accuracy of each model for fewer training texts"),
    )  # fmt: skip


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
