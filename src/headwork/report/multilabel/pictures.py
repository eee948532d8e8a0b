"""The pictures of a page on labellers."""

from markupsafe import Markup

from headwork.base.multilabel import MultilabelComparison, MultilabelStanding
from headwork.base.runs import Point
from headwork.report import numbers
from headwork.report.charts.drawing import Look, looks
from headwork.report.charts.intervals import Mark, interval_chart
from headwork.report.charts.reliability import reliability_chart
from headwork.report.charts.wheel import FEWEST, MOST, Petal, wheel_chart
from headwork.report.multilabel.standings import ranked
from headwork.report.pictures import MainPictures, draw_main
from headwork.report.text import quoted

LABELS_IN_CHART = 40


class LabelPictures(MainPictures, frozen=True, kw_only=True):
    labels: Markup | None
    """AUC of each label, where any is defined"""
    wheel: Markup | None
    """how often each label is there, and how often it is expected; of a number of labels that a wheel has room for"""
    reliability: dict[str, tuple[str, Markup]]
    """by model a caption and a diagram"""


def draw_all(comparison: MultilabelComparison, curves: dict[str, list[list[Point]]]) -> LabelPictures:
    """`curves` holds for each model the metrics of its seeds; models that did not train by steps have none."""
    models, chosen, score = ranked(comparison), comparison.verdict.model, "macro_f1"
    look = looks([model.name for model in models])
    main = draw_main(models, look, curves, score=score, called="macro-F1", one="text", chosen=chosen)
    return LabelPictures(
        **main,
        labels=_labels(models[0], look[models[0].name]),
        wheel=_wheel(models[0], look[models[0].name], comparison.data.split.test),
        reliability={
            model.name: (_calibrated(model), _reliability(model, look[model.name], place))
            for place, model in enumerate(models)
        },
    )


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
