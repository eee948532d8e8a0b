"""The main table of a comparison of models of text pairs."""

from collections.abc import Callable

import msgspec

from headwork.base.pair import Exchange, PairComparison, PairStanding
from headwork.base.results import Score
from headwork.report import numbers
from headwork.report.standings import standings
from headwork.report.table import DASH, Cell, Column, Row, Table


class _Maker(msgspec.Struct, frozen=True):
    """A column and how its cells are made."""

    column: Column
    cell: Callable[[PairStanding], Cell]
    compared: bool = False
    """with the best model, of which the cell then says nothing"""


def ranked(comparison: PairComparison) -> list[PairStanding]:
    """The models, best first; of equals the best of result.json leads."""
    score = comparison.score
    return sorted(comparison.models, key=lambda model: (-model.scores[score].mean, model.name != comparison.best))


@standings.register
def pair_table(comparison: PairComparison) -> Table:
    """One row a model, best first."""
    makers = _of_classes() if comparison.data.classes else _of_scores()
    marks = {"verdict": comparison.verdict.model, "best": comparison.best}
    return Table(
        columns=[maker.column for maker in makers],
        rows=[
            Row(
                cells=[
                    Cell(DASH) if maker.compared and model.name == comparison.best else maker.cell(model)
                    for maker in makers
                ],
                marks=[mark for mark, name in marks.items() if name == model.name],
            )
            for model in ranked(comparison)
        ],
    )


def correlation(value: float) -> str:
    return numbers.decimal(value, 3)


def signed(value: float) -> str:
    """A difference of two correlations."""
    return ("+" if value > 0 else "") + correlation(value)


def _share(score: Score) -> Cell:
    return Cell(numbers.percent(score.mean), numbers.percent_interval(score.low, score.high))


def _correlation(score: Score) -> Cell:
    return Cell(correlation(score.mean), f"{correlation(score.low)} to {correlation(score.high)}")


def _spread(model: PairStanding, score: str, show: Callable[[float], str]) -> Cell:
    seeds = len(model.seeds)
    return Cell(DASH, "1 seed") if seeds == 1 else Cell(show(model.scores[score].spread), f"{seeds} seeds")


def _exchanged(found: Exchange, show: Callable[[float], str]) -> Cell:
    return Cell(numbers.percent(found.moved), show(found.score))


def _ece(model: PairStanding) -> Cell:
    if model.calibrated is None:
        return Cell(DASH)
    found = model.calibrated.numbers
    return Cell(numbers.percent(found.ece_after), numbers.percent(found.ece_before))


def _of_classes() -> list[_Maker]:
    def gap(model: PairStanding) -> Cell:
        found = model.against_best
        return Cell(numbers.points(found.difference), numbers.points_interval(found.low, found.high))

    return [
        *_name(),
        _Maker(Column(title="accuracy", detail="95% interval", brief="whole"), lambda m: _share(m.scores["accuracy"])),
        _Maker(
            Column(title="spread", detail="over seeds"),
            lambda m: _spread(m, "accuracy", lambda value: numbers.decimal(100 * value, 1)),
        ),
        _Maker(Column(title="macro-F1", detail="95% interval", brief="text"), lambda m: _share(m.scores["macro_f1"])),
        _Maker(Column(title="against best", detail="points, interval", brief="whole"), gap, compared=True),
        *_exchanges(numbers.percent),
        _Maker(Column(title="ECE", detail="uncalibrated"), _ece),
        *_costs(),
    ]


def _of_scores() -> list[_Maker]:
    def gap(model: PairStanding) -> Cell:
        found = model.against_best
        return Cell(signed(found.difference), f"{signed(found.low)} to {signed(found.high)}")

    return [
        *_name(),
        _Maker(
            Column(title="Spearman", detail="95% interval", brief="whole"),
            lambda m: _correlation(m.scores["spearman"]),
        ),
        _Maker(Column(title="spread", detail="over seeds"), lambda m: _spread(m, "spearman", correlation)),
        _Maker(
            Column(title="Pearson", detail="95% interval", brief="text"), lambda m: _correlation(m.scores["pearson"])
        ),
        _Maker(Column(title="against best", detail="Spearman, interval", brief="whole"), gap, compared=True),
        *_exchanges(correlation),
        *_costs(),
    ]


def _name() -> list[_Maker]:
    return [_Maker(Column(title="model", align="left", brief="text"), lambda model: Cell(model.name))]


def _exchanges(show: Callable[[float], str]) -> list[_Maker]:
    return [
        _Maker(
            Column(title="first exchanged", detail="moved, left"),
            lambda model: _exchanged(model.exchanges.first, show),
        ),
        _Maker(
            Column(title="second exchanged", detail="moved, left"),
            lambda model: _exchanged(model.exchanges.second, show),
        ),
    ]


def _costs() -> list[_Maker]:
    return [
        _Maker(Column(title="p, Holm"), lambda model: Cell(numbers.p_value(model.against_best.p_holm)), compared=True),
        _Maker(Column(title="training", brief="text"), lambda model: Cell(numbers.seconds(model.cost.train_seconds))),
        _Maker(
            Column(title="size", detail="parameters", brief="text"),
            lambda model: Cell(numbers.size(model.cost.bytes), numbers.count(model.cost.parameters)),
        ),
        _Maker(
            Column(title="one pair", detail="slowest 5%", brief="text"),
            lambda model: Cell(numbers.milliseconds(model.latency.p50_ms), numbers.milliseconds(model.latency.p95_ms)),
        ),
        _Maker(Column(title="pairs/s"), lambda model: Cell(numbers.rate(model.latency.texts_per_second))),
        _Maker(Column(title="memory", detail="peak"), lambda model: Cell(numbers.size(model.cost.peak_bytes))),
    ]
