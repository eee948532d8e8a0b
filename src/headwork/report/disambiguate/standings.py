"""The main table of a comparison of disambiguators, and how the best one does on each word."""

from headwork.base.disambiguate import SenseComparison, SenseStanding
from headwork.report import numbers
from headwork.report.columns import (
    GAP,
    MEMORY,
    NAME,
    SIZE,
    TRAINING,
    Maker,
    P,
    best_first,
    points,
    shares,
    speed,
    spread,
    table_of,
)
from headwork.report.standings import standings
from headwork.report.table import DASH, Cell, Column, Row, Table
from headwork.report.text import quoted

FREQUENT = "most-frequent"


def ranked(comparison: SenseComparison) -> list[SenseStanding]:
    return best_first(comparison.models, "accuracy", comparison.best)


@standings.register
def sense_table(comparison: SenseComparison) -> Table:
    """One row a model, best first; the column against the most frequent sense only where that took part."""
    baseline = any(model.against_frequent for model in comparison.models)
    makers = [maker for maker in _MAKERS if baseline or maker is not _AGAINST_FREQUENT]
    return table_of(comparison, ranked(comparison), makers)


def word_table(comparison: SenseComparison) -> Table:
    """One row a word."""
    return Table(
        columns=[
            Column(title="word", align="left"),
            *(Column(title=title) for title in ("senses", "test texts", "most frequent sense", "accuracy", "macro-F1")),
        ],
        rows=[
            Row(
                cells=[
                    Cell(quoted(each.word)),
                    *(Cell(numbers.count(value)) for value in (each.senses, each.rows)),
                    *(Cell(numbers.percent(value)) for value in (each.frequent, each.accuracy, each.macro_f1)),
                ]
            )
            for each in comparison.per_word
        ],
    )


def _against_frequent(model: SenseStanding) -> Cell:
    return Cell(DASH) if model.name == FREQUENT or not model.against_frequent else points(model.against_frequent)


def _ece(model: SenseStanding) -> Cell:
    found = model.calibrated.numbers
    return Cell(numbers.percent(found.ece_after), numbers.percent(found.ece_before))


_AGAINST_FREQUENT = Maker(Column(title="against frequent", detail="points, interval", brief="no"), _against_frequent)
_MAKERS = [
    NAME,
    shares("accuracy", "accuracy", "whole"),
    spread("accuracy"),
    shares("macro-F1", "macro_f1", "text"),
    shares("word accuracy", "word_accuracy", "no"),
    GAP,
    P,
    _AGAINST_FREQUENT,
    Maker(Column(title="ECE", detail="uncalibrated"), _ece),
    TRAINING,
    SIZE,
    *speed("text"),
    MEMORY,
]
