"""The tables of a comparison of labellers: models, labels, and labels by model."""

from collections.abc import Callable, Sequence

import msgspec

from headwork.base.multilabel import LabelScore, MultilabelComparison, MultilabelStanding
from headwork.base.results import Score
from headwork.report import numbers
from headwork.report.standings import standings
from headwork.report.table import DASH, Cell, Column, Row, Table
from headwork.report.text import quoted

UNDEFINED = "not defined"


class _Maker(msgspec.Struct, frozen=True):
    """A column and how its cells are made."""

    column: Column
    cell: Callable[[MultilabelStanding], Cell]
    compared: bool = False
    """with the best model, of which the cell then says nothing"""


def ranked(comparison: MultilabelComparison) -> list[MultilabelStanding]:
    """The models, best first; of equals the best of result.json leads."""
    return sorted(comparison.models, key=lambda model: (-model.scores["macro_f1"].mean, model.name != comparison.best))


@standings.register
def multilabel_table(comparison: MultilabelComparison) -> Table:
    """One row a model, best first."""
    marks = {"verdict": comparison.verdict.model, "best": comparison.best}
    return Table(
        columns=[maker.column for maker in _MAKERS],
        rows=[
            Row(
                cells=[
                    Cell(DASH) if maker.compared and model.name == comparison.best else maker.cell(model)
                    for maker in _MAKERS
                ],
                marks=[mark for mark, name in marks.items() if name == model.name],
            )
            for model in ranked(comparison)
        ],
    )


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


def _share(name: str) -> Callable[[MultilabelStanding], Cell]:
    def cell(model: MultilabelStanding) -> Cell:
        score = model.scores[name]
        return Cell(numbers.percent(score.mean), numbers.percent_interval(score.low, score.high))

    return cell


def _spread(model: MultilabelStanding) -> Cell:
    seeds = len(model.seeds)
    if seeds == 1:
        return Cell(DASH, "1 seed")
    return Cell(numbers.decimal(100 * model.scores["macro_f1"].spread, 1), f"{seeds} seeds")


def _gap(model: MultilabelStanding) -> Cell:
    found = model.against_best
    return Cell(numbers.points(found.difference), numbers.points_interval(found.low, found.high))


_MAKERS = [
    _Maker(Column(title="model", align="left", brief="text"), lambda model: Cell(model.name)),
    _Maker(Column(title="macro-F1", detail="95% interval", brief="whole"), _share("macro_f1")),
    _Maker(Column(title="spread", detail="over seeds"), _spread),
    _Maker(Column(title="micro-F1", detail="95% interval", brief="text"), _share("micro_f1")),
    _Maker(Column(title="against best", detail="points, interval", brief="whole"), _gap, compared=True),
    _Maker(Column(title="p, Holm"), lambda model: Cell(numbers.p_value(model.against_best.p_holm)), compared=True),
    _Maker(Column(title="AUC", detail="mean", brief="text"), lambda model: _area(model.scores.get("auc"))),
    _Maker(Column(title="AP", detail="mean"), lambda model: _area(model.scores.get("average_precision"))),
    _Maker(Column(title="exact"), _share("subset_accuracy")),
    _Maker(
        Column(title="ECE", detail="uncalibrated"),
        lambda model: Cell(numbers.percent(model.calibration.ece_after), numbers.percent(model.calibration.ece_before)),
    ),
    _Maker(
        Column(title="training", detail="peak memory", brief="text"),
        lambda model: Cell(numbers.seconds(model.cost.train_seconds), numbers.size(model.cost.peak_bytes)),
    ),
    _Maker(
        Column(title="size", detail="parameters", brief="text"),
        lambda model: Cell(numbers.size(model.cost.bytes), numbers.count(model.cost.parameters)),
    ),
    _Maker(
        Column(title="one text", detail="slowest 5%", brief="text"),
        lambda model: Cell(numbers.milliseconds(model.latency.p50_ms), numbers.milliseconds(model.latency.p95_ms)),
    ),
    _Maker(Column(title="texts/s"), lambda model: Cell(numbers.rate(model.latency.texts_per_second))),
]
