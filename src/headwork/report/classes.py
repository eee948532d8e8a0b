"""How a model does on each class: scores, and the confusion matrix over the classes with most mistakes."""

import msgspec

from headwork.base.results import ClassScore
from headwork.report import numbers
from headwork.report.table import Cell, Column, Row, Table
from headwork.report.text import quoted

SHOWN_CLASSES = 20


class ConfusionCell(msgspec.Struct, frozen=True):
    rows: int
    share: float
    """of the rows of its true class"""


class Confusion(msgspec.Struct, frozen=True, kw_only=True):
    classes: list[str]
    cells: list[list[ConfusionCell]]
    """by true class, then by predicted class"""
    left_out: int
    """classes that are not shown"""


def shown_confusion(matrix: list[list[int]], classes: list[str], *, limit: int = SHOWN_CLASSES) -> Confusion:
    """The matrix (true x predicted) over at most `limit` classes: those with most mistakes, in their own order."""
    totals = [sum(row) for row in matrix]
    given = [sum(column) for column in zip(*matrix, strict=True)]
    mistakes = [totals[place] + given[place] - 2 * matrix[place][place] for place in range(len(matrix))]
    kept = sorted(sorted(range(len(matrix)), key=lambda place: -mistakes[place])[:limit])
    return Confusion(
        classes=[classes[place] for place in kept],
        cells=[[ConfusionCell(matrix[i][j], matrix[i][j] / max(totals[i], 1)) for j in kept] for i in kept],
        left_out=len(matrix) - len(kept),
    )


def class_table(scores: list[ClassScore], *, name: str = "class", rows: str = "test texts") -> Table:
    """`name` says what the scores are of, `rows` what is counted."""
    return Table(
        columns=[
            Column(title=name, align="left"),
            *(Column(title=title) for title in ("precision", "recall", "F1", rows)),
        ],
        rows=[
            Row(
                cells=[
                    Cell(quoted(score.name)),
                    *(Cell(numbers.percent(value)) for value in (score.precision, score.recall, score.f1)),
                    Cell(numbers.count(score.rows)),
                ]
            )
            for score in scores
        ],
    )
