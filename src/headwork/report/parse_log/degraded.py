"""What damage does to each model: a table of its kinds."""

from headwork.base.parse_log import LogComparison
from headwork.report import numbers
from headwork.report.columns import share
from headwork.report.parse_log.standings import ranked
from headwork.report.table import Cell, Column, Row, Table
from headwork.report.text import quoted


def damage_table(comparison: LogComparison) -> Table:
    """F1 of fields by kind of damage: a row a kind, a column a model."""
    names = [model.name for model in ranked(comparison)]
    return Table(
        columns=[
            Column(title="damage", align="left"),
            Column(title="lines"),
            *(Column(title=name, detail="95% interval") for name in names),
            Column(title="such as", align="left"),
        ],
        rows=[
            Row(
                cells=[
                    Cell(part.name),
                    Cell(numbers.count(part.rows)),
                    *(share(part.f1[name]) for name in names),
                    Cell(quoted(part.example)),
                ]
            )
            for part in comparison.damages
        ],
    )
