"""The main table of a comparison of models of text pairs."""

from headwork.base.pair import Exchange, PairComparison, PairStanding
from headwork.base.results import Score
from headwork.report import numbers
from headwork.report.columns import (
    GAP,
    MEMORY,
    NAME,
    SIZE,
    TRAINING,
    Maker,
    P,
    Show,
    best_first,
    shares,
    speed,
    spread,
    table_of,
)
from headwork.report.standings import standings
from headwork.report.table import DASH, Cell, Column, Table


def ranked(comparison: PairComparison) -> list[PairStanding]:
    return best_first(comparison.models, comparison.score, comparison.best)


@standings.register
def pair_table(comparison: PairComparison) -> Table:
    """One row a model, best first."""
    return table_of(comparison, ranked(comparison), _OF_CLASSES if comparison.data.classes else _OF_SCORES)


def correlation(value: float) -> str:
    return numbers.decimal(value, 3)


def signed(value: float) -> str:
    """A difference of two correlations."""
    return ("+" if value > 0 else "") + correlation(value)


def _correlations(title: str, score: str, *, whole: bool) -> Maker:
    def cell(model: PairStanding) -> Cell:
        found: Score = model.scores[score]
        return Cell(correlation(found.mean), f"{correlation(found.low)} to {correlation(found.high)}")

    return Maker(Column(title=title, detail="95% interval", brief="whole" if whole else "text"), cell)


def _gap(model: PairStanding) -> Cell:
    found = model.against_best
    return Cell(signed(found.difference), f"{signed(found.low)} to {signed(found.high)}")


def _exchanged(found: Exchange, show: Show) -> Cell:
    return Cell(numbers.percent(found.moved), show(found.score))


def _ece(model: PairStanding) -> Cell:
    if model.calibrated is None:
        return Cell(DASH)
    found = model.calibrated.numbers
    return Cell(numbers.percent(found.ece_after), numbers.percent(found.ece_before))


def _exchanges(show: Show) -> list[Maker]:
    return [
        Maker(
            Column(title="first exchanged", detail="moved, left"),
            lambda model: _exchanged(model.exchanges.first, show),
        ),
        Maker(
            Column(title="second exchanged", detail="moved, left"),
            lambda model: _exchanged(model.exchanges.second, show),
        ),
    ]


_COSTS = [P, TRAINING, SIZE, *speed("pair"), MEMORY]
_OF_CLASSES = [
    NAME,
    shares("accuracy", "accuracy", "whole"),
    spread("accuracy"),
    shares("macro-F1", "macro_f1", "text"),
    GAP,
    *_exchanges(numbers.percent),
    Maker(Column(title="ECE", detail="uncalibrated"), _ece),
    *_COSTS,
]
_OF_SCORES = [
    NAME,
    _correlations("Spearman", "spearman", whole=True),
    spread("spearman", correlation),
    _correlations("Pearson", "pearson", whole=False),
    Maker(Column(title="against best", detail="Spearman, interval", brief="whole"), _gap, "best"),
    *_exchanges(correlation),
    *_COSTS,
]
