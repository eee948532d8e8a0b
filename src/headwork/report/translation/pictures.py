"""The pictures of a page on translators. Charts take fractions, so that BLEU is divided by 100."""

import msgspec
from markupsafe import Markup

from headwork.base.results import Score
from headwork.base.runs import Point
from headwork.base.translation import TranslationComparison, TranslationStanding
from headwork.report import numbers
from headwork.report.charts.drawing import Look, looks
from headwork.report.charts.intervals import Mark, interval_chart
from headwork.report.charts.lengths import LengthCurve, lengths_chart
from headwork.report.charts.tradeoff import Spot, tradeoff_chart
from headwork.report.pictures import draw_training
from headwork.report.translation.standings import ranked


class TranslationPictures(msgspec.Struct, frozen=True, kw_only=True):
    bleu: Markup
    difference: Markup
    writing: Markup
    size: Markup
    lengths: Markup | None
    training: dict[str, Markup]


def draw_all(comparison: TranslationComparison, curves: dict[str, list[list[Point]]]) -> TranslationPictures:
    """`curves` holds for each model the metrics of its seeds."""
    models = ranked(comparison)
    look = looks([model.name for model in models])
    return TranslationPictures(
        bleu=_bleu(models, look, comparison),
        difference=_difference(models, look, comparison),
        writing=_tradeoff(
            {model.name: 1000 / max(model.writing.tokens_per_second, 1e-9) for model in models},
            *(models, look, comparison),
            name="writing",
            title="BLEU of each model against the time it takes to write a token",
            axis="time to write a token",
            number=numbers.milliseconds,
        ),
        size=_tradeoff(
            {model.name: float(model.cost.bytes) for model in models},
            *(models, look, comparison),
            name="size",
            title="BLEU of each model against its size in bytes",
            axis="size",
            number=lambda value: numbers.size(round(value)),
        ),
        lengths=_lengths(models, look),
        training=draw_training(curves, look),
    )


def _scaled(score: Score) -> Score:
    return Score(mean=score.mean / 100, low=score.low / 100, high=score.high / 100, spread=score.spread / 100)


def _bleu(models: list[TranslationStanding], look: dict[str, Look], comparison: TranslationComparison) -> Markup:
    marks = [
        Mark(
            name=model.name,
            look=look[model.name],
            value=model.scores["bleu"].mean / 100,
            low=model.scores["bleu"].low / 100,
            high=model.scores["bleu"].high / 100,
            strong=model.name == comparison.verdict.model,
        )
        for model in models
    ]
    return interval_chart(marks, name="bleu", title="BLEU of each model with its 95% interval", axis="BLEU", unit="")


def _difference(models: list[TranslationStanding], look: dict[str, Look], comparison: TranslationComparison) -> Markup:
    marks = [
        Mark(
            name=model.name,
            look=look[model.name],
            value=model.against_best.difference / 100,
            low=model.against_best.low / 100,
            high=model.against_best.high / 100,
            strong=model.name == comparison.verdict.model,
        )
        for model in models
    ]
    return interval_chart(
        marks, name="difference", title="BLEU of each model minus that of the best, with its 95% interval",
        axis="BLEU against the best", unit="", zero=True,
    )  # fmt: skip


def _tradeoff(
    costs: dict[str, float],
    models: list[TranslationStanding],
    look: dict[str, Look],
    comparison: TranslationComparison,
    **texts,
) -> Markup:
    spots = [
        Spot(
            name=model.name,
            look=look[model.name],
            cost=costs[model.name],
            score=_scaled(model.scores["bleu"]),
            strong=model.name == comparison.verdict.model,
        )
        for model in models
    ]
    return tradeoff_chart(spots, unit="", **texts)


def _lengths(models: list[TranslationStanding], look: dict[str, Look]) -> Markup | None:
    """None of pictures, which have no length."""
    if not any(model.lengths for model in models):
        return None
    curves = [LengthCurve(name=model.name, look=look[model.name], points=model.lengths) for model in models]
    return lengths_chart(curves, name="lengths", title="BLEU of each model by the length of the source")
