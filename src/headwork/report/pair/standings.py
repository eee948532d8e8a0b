"""The main table of a comparison of models of text pairs."""

from headwork.base.pair import Exchange, PairComparison, PairStanding
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
    decimal_gap,
    decimals,
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
    decimals("Spearman", "spearman", "whole"),
    spread("spearman", numbers.thousandths),
    decimals("Pearson", "pearson", "text"),
    decimal_gap("Spearman"),
    *_exchanges(numbers.thousandths),
    *_COSTS,
]
