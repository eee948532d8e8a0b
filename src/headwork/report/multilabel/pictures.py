"""The pictures of a page on labellers."""

import msgspec
from markupsafe import Markup

from headwork.base.multilabel import MultilabelComparison, MultilabelStanding
from headwork.base.runs import Point
from headwork.report import numbers
from headwork.report.charts.drawing import Look, looks
from headwork.report.charts.intervals import Mark, interval_chart
from headwork.report.charts.reliability import reliability_chart
from headwork.report.charts.tradeoff import tradeoff_chart
from headwork.report.charts.wheel import FEWEST, MOST, Petal, wheel_chart
from headwork.report.multilabel.standings import ranked
from headwork.report.pictures import draw_learning, draw_training, gap_marks, score_marks, spots
from headwork.report.text import quoted

LABELS_IN_CHART = 40


class LabelPictures(msgspec.Struct, frozen=True, kw_only=True):
    score: Markup
    difference: Markup
    latency: Markup
    size: Markup
    labels: Markup | None
    """AUC of each label, where any is defined"""
    wheel: Markup | None
    """how often each label is there, and how often it is expected; of a number of labels that a wheel has room for"""
    reliability: dict[str, tuple[str, Markup]]
    """by model a caption and a diagram"""
    training: dict[str, Markup]
    learning: Markup | None


def draw_all(comparison: MultilabelComparison, curves: dict[str, list[list[Point]]]) -> LabelPictures:
    """`curves` holds for each model the metrics of its seeds; models that did not train by steps have none."""
    models, chosen, score = ranked(comparison), comparison.verdict.model, "macro_f1"
    look = looks([model.name for model in models])
    by_time = {model.name: model.latency.p50_ms for model in models}
    by_size = {model.name: float(model.cost.bytes) for model in models}
    return LabelPictures(
        score=interval_chart(
            score_marks(models, look, score=score, chosen=chosen),
            name="score", title="Macro-F1 of each model with its 95% interval", axis="macro-F1",
        ),
        difference=interval_chart(
            gap_marks(models, look, chosen=chosen),
            name="difference", title="Macro-F1 of each model minus that of the best, with its 95% interval",
            axis="points of macro-F1 against the best", unit="", zero=True,
        ),
        latency=tradeoff_chart(
            spots(by_time, models, look, score=score, chosen=chosen),
            name="latency", title="Macro-F1 of each model against the median time for one text",
            axis="median time for one text", number=numbers.milliseconds,
        ),
        size=tradeoff_chart(
            spots(by_size, models, look, score=score, chosen=chosen),
            name="size", title="Macro-F1 of each model against its size in bytes",
            axis="size", number=lambda value: numbers.size(round(value)),
        ),
        labels=_labels(models[0], look[models[0].name]),
        wheel=_wheel(models[0], look[models[0].name], comparison.data.split.test),
        reliability={
            model.name: (_calibrated(model), _reliability(model, look[model.name], place))
            for place, model in enumerate(models)
        },
        training=draw_training(curves, look, score="macro-F1"),
        learning=draw_learning(models, look, title="Macro-F1 of each model for fewer training texts"),
    )  # fmt: skip


def _labels(model: MultilabelStanding, look: Look) -> Markup | None:
    """AUC of each label by one model, best first."""
    defined = [(label.name, label.auc) for label in model.labels if label.auc]
    marks = [
        Mark(name=quoted(name)[:28], look=look, value=auc.mean, low=auc.low, high=auc.high)
        for name, auc in sorted(defined, key=lambda one: -one[1].mean)[:LABELS_IN_CHART]
    ]
    if not marks:
        return None
    return interval_chart(
        marks,
        name="labels",
        title=f"AUC of each label by {model.name}, with its 95% interval",
        axis="AUC x 100",
        unit="",
    )


def _wheel(model: MultilabelStanding, look: Look, rows: int) -> Markup | None:
    petals = [
        Petal(name=quoted(label.name), share=label.rows / rows, expected=label.probability)
        for label in model.labels
        if label.probability is not None
    ]
    if not FEWEST <= len(petals) <= MOST:
        return None
    title = f"The share of the texts that have each label, and the mean probability that {model.name} gives it"
    return wheel_chart(petals, look, name="wheel", title=title)


def _reliability(model: MultilabelStanding, look: Look, place: int) -> Markup:
    return reliability_chart(
        model.calibration.before,
        model.calibration.after,
        look,
        name=f"reliability{place}",
        title=f"How often a label is there for the probability that {model.name} gives it",
        axes_of=("probability", "texts with the label"),
    )


def _calibrated(model: MultilabelStanding) -> str:
    return f"ECE {numbers.percent(model.calibration.ece_before)} → {numbers.percent(model.calibration.ece_after)}"
