"""The tables of a comparison of models of tables: all models, parts of the questions, and kinds of programs."""

from collections.abc import Sequence

from headwork.base.table import Kept, TableComparison, TableParting, TableStanding
from headwork.report import numbers
from headwork.report.columns import (
    GAP,
    MEMORY,
    NAME,
    SIZE,
    TRAINING,
    P,
    best_first,
    share,
    shares,
    speed,
    spread,
    table_of,
)
from headwork.report.standings import standings
from headwork.report.table import Cell, Column, Row, Table


def ranked(comparison: TableComparison) -> list[TableStanding]:
    return best_first(comparison.models, "accuracy", comparison.best)


@standings.register
def sheets_table(comparison: TableComparison) -> Table:
    """One row a model, the most accurate first."""
    labels = comparison.data.classes
    makers = [
        NAME,
        shares("accuracy", "accuracy", "whole"),
        spread("accuracy"),
        *([shares("macro-F1", "macro_f1", "text")] if labels else []),
        GAP,
        P,
        TRAINING,
        SIZE,
        *speed("statement" if labels else "question"),
        MEMORY,
    ]
    return table_of(comparison, ranked(comparison), makers)


def parting_table(parting: TableParting, models: Sequence[TableStanding], unit: str) -> Table:
    """A row for each part of the questions, a column for each model."""
    return Table(
        columns=[
            Column(title=parting.by, align="left"),
            Column(title=unit),
            *(Column(title=model.name, detail="accuracy, interval") for model in models),
        ],
        rows=[
            Row(
                cells=[
                    Cell(part.name),
                    Cell(numbers.count(part.rows)),
                    *(share(part.accuracy[model.name]) for model in models),
                ]
            )
            for part in parting.parts
        ],
    )


def kinds_table(kinds: Sequence[Kept]) -> Table:
    """How a model answered, and how often it was right so."""
    return Table(
        columns=[Column(title="program", align="left"), Column(title="questions"), Column(title="right")],
        rows=[
            Row(cells=[Cell(one.kind), Cell(numbers.count(one.rows)), Cell(numbers.percent(one.right / one.rows))])
            for one in kinds
        ],
    )
