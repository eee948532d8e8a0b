"""The tables of a comparison of labellers: models, labels, and labels by model."""

from collections.abc import Sequence

from headwork.base.multilabel import LabelScore, MultilabelComparison, MultilabelStanding
from headwork.base.results import Score
from headwork.report import numbers
from headwork.report.columns import GAP, NAME, SIZE, Maker, P, best_first, share, shares, speed, spread, table_of
from headwork.report.standings import standings
from headwork.report.table import Cell, Column, Row, Table
from headwork.report.text import quoted

UNDEFINED = "not defined"


def ranked(comparison: MultilabelComparison) -> list[MultilabelStanding]:
    return best_first(comparison.models, "macro_f1", comparison.best)


@standings.register
def multilabel_table(comparison: MultilabelComparison) -> Table:
    """One row a model, best first."""
    return table_of(comparison, ranked(comparison), _MAKERS)


def label_table(labels: Sequence[LabelScore]) -> Table:
    """One row a label, in the order of the data."""
    return Table(
        columns=[
            Column(title="label", align="left"),
            Column(title="test texts", detail="given"),
            *(Column(title=title) for title in ("precision", "recall", "F1")),
            Column(title="threshold"),
            *(Column(title=title, detail="95% interval") for title in ("AUC", "AP")),
        ],
        rows=[
            Row(
                cells=[
                    Cell(quoted(label.name)),
                    Cell(numbers.count(label.rows), numbers.count(label.given)),
                    *(Cell(numbers.percent(value)) for value in (label.precision, label.recall, label.f1)),
                    Cell(numbers.decimal(label.threshold, 3)),
                    *map(_area, (label.auc, label.average_precision)),
                ]
            )
            for label in labels
        ],
    )


def f1_table(models: Sequence[MultilabelStanding]) -> Table:
    """F1 of each label by each model, labels of many texts first."""
    order = sorted(range(len(models[0].labels)), key=lambda place: -models[0].labels[place].rows)
    return Table(
        columns=[
            Column(title="label", align="left"),
            Column(title="test texts"),
            *(Column(title=model.name) for model in models),
        ],
        rows=[
            Row(
                cells=[
                    Cell(quoted(models[0].labels[place].name)),
                    Cell(numbers.count(models[0].labels[place].rows)),
                    *(Cell(numbers.percent(model.labels[place].f1)) for model in models),
                ]
            )
            for place in order
        ],
    )


def _area(score: Score | None) -> Cell:
    if score is None:
        return Cell(UNDEFINED)
    return Cell(numbers.decimal(score.mean, 3), f"{numbers.decimal(score.low, 3)} to {numbers.decimal(score.high, 3)}")


_MAKERS = [
    NAME,
    shares("macro-F1", "macro_f1", "whole"),
    spread("macro_f1"),
    shares("micro-F1", "micro_f1", "text"),
    GAP,
    P,
    Maker(Column(title="AUC", detail="mean", brief="text"), lambda model: _area(model.scores.get("auc"))),
    Maker(Column(title="AP", detail="mean"), lambda model: _area(model.scores.get("average_precision"))),
    Maker(Column(title="exact"), lambda model: share(model.scores["subset_accuracy"])),
    Maker(
        Column(title="ECE", detail="uncalibrated"),
        lambda model: Cell(numbers.percent(model.calibration.ece_after), numbers.percent(model.calibration.ece_before)),
    ),
    Maker(
        Column(title="training", detail="peak memory", brief="text"),
        lambda model: Cell(numbers.seconds(model.cost.train_seconds), numbers.size(model.cost.peak_bytes)),
    ),
    SIZE,
    *speed("text"),
]
