"""Tasks that were learnt at once: what each weighed, and how it fared, at each look at dev."""

from collections.abc import Sequence

from headwork.base.runs import Point, TaskPoint
from headwork.report.table import DASH, Cell, Column, Row, Table


def tasks_table(points: Sequence[Point]) -> Table | None:
    """None where one task was learnt alone."""
    names = list(points[0].tasks) if points else []
    if not names:
        return None
    columns = [
        Column(title="epoch"),
        *(Column(title=name, detail="weight; loss in training, on dev") for name in names),
    ]
    rows = [Row(cells=[Cell(f"{point.epoch:.1f}"), *(_cell(point.tasks[name]) for name in names)]) for point in points]
    return Table(columns=columns, rows=rows)


def _cell(task: TaskPoint) -> Cell:
    learnt = DASH if task.train_loss is None else f"{task.train_loss:.3f}"
    return Cell(f"{task.weight:.2f}", f"{learnt}, {task.dev_loss:.3f}")
