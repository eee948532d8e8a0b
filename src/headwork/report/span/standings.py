"""The tables of a comparison of models that answer from passages: all models, and F1 on parts of the questions."""

from collections.abc import Sequence

from headwork.base.span import Parting, SpanComparison, SpanStanding
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
    share,
    shares,
    speed,
    spread,
    table_of,
)
from headwork.report.standings import standings
from headwork.report.table import DASH, Cell, Column, Row, Table


def ranked(comparison: SpanComparison) -> list[SpanStanding]:
    return best_first(comparison.models, "f1", comparison.best)


@standings.register
def span_table(comparison: SpanComparison) -> Table:
    """One row a model, highest F1 first."""
    withheld = [_THRESHOLD] if any(model.thresholds for model in comparison.models) else []
    makers = [
        NAME,
        shares("F1", "f1", "whole"),
        spread("f1"),
        shares("exact match", "exact", "text"),
        GAP,
        P,
        *withheld,
        TRAINING,
        SIZE,
        *speed("question"),
        MEMORY,
    ]
    return table_of(comparison, ranked(comparison), makers)


def parting_table(parting: Parting, models: Sequence[SpanStanding]) -> Table:
    """A row for each part of the questions, a column for each model."""
    return Table(
        columns=[
            Column(title=parting.by, align="left"),
            Column(title="questions"),
            *(Column(title=model.name, detail="F1, interval") for model in models),
        ],
        rows=[
            Row(
                cells=[
                    Cell(part.name),
                    Cell(numbers.count(part.rows)),
                    *(share(part.f1[model.name]) for model in models),
                ]
            )
            for part in parting.parts
        ],
    )


def _threshold(model: SpanStanding) -> Cell:
    found = model.thresholds
    return Cell(numbers.decimal(sum(found) / len(found))) if found else Cell(DASH)


_THRESHOLD = Maker(Column(title="threshold", detail="mean of seeds"), _threshold)
