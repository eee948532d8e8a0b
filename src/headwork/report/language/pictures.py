"""The pictures of a page on language models."""

from collections.abc import Mapping, Sequence

import msgspec
from markupsafe import Markup

from headwork.base.language import LanguageComparison, LanguageStanding, LengthPoint
from headwork.base.runs import Point
from headwork.report import numbers
from headwork.report.charts.drawing import Look, looks
from headwork.report.charts.intervals import Mark, interval_chart
from headwork.report.language.charts import Line, length_chart
from headwork.report.language.standings import difference, ranked
from headwork.report.pictures import draw_training


class ByLength(msgspec.Struct, frozen=True, kw_only=True):
    """What longer segments give and cost."""

    loss: Markup
    seconds: Markup
    bytes: Markup


class LanguagePictures(msgspec.Struct, frozen=True, kw_only=True):
    bits: Markup
    difference: Markup
    training: dict[str, Markup]
    lengths: ByLength | None


def draw_all(comparison: LanguageComparison, curves: dict[str, list[list[Point]]]) -> LanguagePictures:
    """`curves` holds for each model the metrics of its seeds; a model that only counts has none."""
    models = ranked(comparison)
    look = looks([model.name for model in models])
    return LanguagePictures(
        bits=_bits(models, look, comparison),
        difference=_difference(models, look, comparison),
        training=draw_training(curves, look),
        lengths=draw_lengths({model.name: model.lengths for model in models}, look),
    )


def draw_lengths(points: Mapping[str, Sequence[LengthPoint]], look: dict[str, Look]) -> ByLength | None:
    """Of the models that were measured at two lengths at least."""
    measured = {name: found for name, found in points.items() if len(found) > 1}
    if not measured:
        return None

    def lines(value: str) -> Sequence[Line]:
        return [
            Line(name=name, look=look[name], points=[(point.length, getattr(point, value)) for point in found])
            for name, found in measured.items()
        ]

    return ByLength(
        loss=length_chart(
            lines("nats"),
            name="length-loss",
            title="Loss of each model by the tokens it is shown at once",
            axis="nats a token",
            number=lambda value: numbers.decimal(value, 1),
        ),
        seconds=length_chart(
            lines("seconds"),
            name="length-seconds",
            title="Time of a training step on one text of each length",
            axis="a step",
            number=numbers.seconds,
            scale="log",
        ),
        bytes=length_chart(
            lines("bytes"),
            name="length-bytes",
            title="Memory of a training step on one text of each length",
            axis="memory",
            number=lambda value: numbers.size(round(value)),
            scale="log",
        ),
    )


def _bits(models: list[LanguageStanding], look: dict[str, Look], comparison: LanguageComparison) -> Markup:
    scores = {model.name: model.scores["bits_per_character"] for model in models}
    marks = [
        Mark(
            name=name,
            look=look[name],
            value=score.mean,
            low=score.low,
            high=score.high,
            strong=name == comparison.verdict.model,
        )
        for name, score in scores.items()
    ]
    return interval_chart(
        marks, name="bits", title=f"Bits per {comparison.unit} of each model with their 95% interval",
        axis=f"bits per {comparison.unit}", number=numbers.decimal,
    )  # fmt: skip


def _difference(models: list[LanguageStanding], look: dict[str, Look], comparison: LanguageComparison) -> Markup:
    marks = [
        Mark(
            name=model.name,
            look=look[model.name],
            value=model.against_best.difference,
            low=model.against_best.low,
            high=model.against_best.high,
            strong=model.name == comparison.verdict.model,
        )
        for model in models
    ]
    return interval_chart(
        marks, name="difference", title=f"Bits per {comparison.unit} of each model minus those of the best",
        axis=f"bits per {comparison.unit} against the best", zero=True, number=difference,
    )  # fmt: skip
