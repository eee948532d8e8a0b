"""The main table of a comparison: how good, how sure and how dear each model is."""

from collections.abc import Callable
from functools import singledispatch
from typing import Literal

import msgspec

from headwork.base.results import Compared, Comparison, Difference, ModelResult, Score
from headwork.report import numbers
from headwork.report.table import DASH, Cell, Column, Row, Table


class _Maker(msgspec.Struct, frozen=True):
    """A column and how its cells are made; `against` is the model that would be compared with itself there."""

    column: Column
    cell: Callable[[ModelResult], Cell]
    against: Literal["best", "tfidf", ""] = ""


@singledispatch
def standings(comparison: Compared) -> Table:
    """The main table of a comparison of any task."""
    raise NotImplementedError(type(comparison).__name__)


def ranked(comparison: Comparison) -> list[ModelResult]:
    """The models, most accurate first; of equals the best of result.json leads, the others keep their order."""
    return sorted(comparison.models, key=lambda model: (-model.scores["accuracy"].mean, model.name != comparison.best))


@standings.register
def comparison_table(comparison: Comparison) -> Table:
    """One row a model, most accurate first; the column against tfidf only where it took part."""
    others = {"best": comparison.best, "tfidf": "tfidf"}
    baseline = any(model.against_tfidf for model in comparison.models)
    makers = [maker for maker in _MAKERS if baseline or maker.against != "tfidf"]
    return Table(
        columns=[maker.column for maker in makers],
        rows=[
            Row(
                cells=[
                    Cell(DASH) if others.get(maker.against) == model.name else maker.cell(model) for maker in makers
                ],
                marks=_marks(model, comparison),
            )
            for model in ranked(comparison)
        ],
    )


def _marks(model: ModelResult, comparison: Comparison) -> list[str]:
    names = {"verdict": comparison.verdict.model, "best": comparison.best}
    return [mark for mark, name in names.items() if name == model.name]


def _name(model: ModelResult) -> Cell:
    return Cell(model.name)


def _score(score: Score) -> Cell:
    return Cell(numbers.percent(score.mean), numbers.percent_interval(score.low, score.high))


def _accuracy(model: ModelResult) -> Cell:
    return _score(model.scores["accuracy"])


def _macro_f1(model: ModelResult) -> Cell:
    return _score(model.scores["macro_f1"])


def _spread(model: ModelResult) -> Cell:
    seeds = len(model.seeds)
    if seeds == 1:
        return Cell(DASH, "1 seed")
    return Cell(numbers.decimal(100 * model.scores["accuracy"].spread, 1), f"{seeds} seeds")


def _difference(difference: Difference) -> Cell:
    return Cell(numbers.points(difference.difference), numbers.points_interval(difference.low, difference.high))


def _against_best(model: ModelResult) -> Cell:
    return _difference(model.against_best)


def _p_best(model: ModelResult) -> Cell:
    return Cell(numbers.p_value(model.against_best.p_holm), numbers.p_value(model.against_best.mcnemar_p_holm))


def _against_tfidf(model: ModelResult) -> Cell:
    return _difference(model.against_tfidf) if model.against_tfidf else Cell(DASH)


def _ece(model: ModelResult) -> Cell:
    return Cell(numbers.percent(model.calibration.ece_after), numbers.percent(model.calibration.ece_before))


def _training(model: ModelResult) -> Cell:
    return Cell(numbers.seconds(model.cost.train_seconds))


def _size(model: ModelResult) -> Cell:
    return Cell(numbers.size(model.cost.bytes), numbers.count(model.cost.parameters))


def _latency(model: ModelResult) -> Cell:
    return Cell(numbers.milliseconds(model.latency.p50_ms), numbers.milliseconds(model.latency.p95_ms))


def _throughput(model: ModelResult) -> Cell:
    return Cell(numbers.rate(model.latency.texts_per_second))


def _memory(model: ModelResult) -> Cell:
    return Cell(numbers.size(model.cost.peak_bytes))


_MAKERS = [
    _Maker(Column(title="model", align="left", brief="text"), _name),
    _Maker(Column(title="accuracy", detail="95% interval", brief="whole"), _accuracy),
    _Maker(Column(title="spread", detail="over seeds"), _spread),
    _Maker(Column(title="macro-F1", detail="95% interval"), _macro_f1),
    _Maker(Column(title="against best", detail="points, interval", brief="whole"), _against_best, "best"),
    _Maker(Column(title="p, Holm", detail="McNemar"), _p_best, "best"),
    _Maker(Column(title="against tfidf", detail="points, interval"), _against_tfidf, "tfidf"),
    _Maker(Column(title="ECE", detail="uncalibrated"), _ece),
    _Maker(Column(title="training", brief="text"), _training),
    _Maker(Column(title="size", detail="parameters", brief="text"), _size),
    _Maker(Column(title="one text", detail="slowest 5%", brief="text"), _latency),
    _Maker(Column(title="texts/s"), _throughput),
    _Maker(Column(title="memory", detail="peak"), _memory),
]
