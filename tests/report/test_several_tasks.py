"""The table of tasks that were learnt at once."""

from headwork.base.runs import Point, TaskPoint
from headwork.report.several_tasks import tasks_table
from headwork.report.table import Cell


def point(epoch: float, tasks: dict[str, TaskPoint]) -> Point:
    return Point(step=1, epoch=epoch, seconds=1.0, train_loss=1.0, dev_loss=1.0, dev_accuracy=0.5, tasks=tasks)


def test_each_look_has_weights_and_losses_and_a_task_alone_has_no_table():
    begun = TaskPoint(weight=1.0, train_loss=2.5, dev_loss=2.0, dev_score=0.1)
    silent = TaskPoint(weight=0.0, train_loss=None, dev_loss=1.25, dev_score=0.5)
    table = tasks_table(
        [point(1.0, {"classify": silent, "masked": begun}), point(2.0, {"classify": begun, "masked": silent})]
    )
    assert table is not None
    assert [column.title for column in table.columns] == ["epoch", "classify", "masked"]
    assert table.rows[0].cells == [Cell("1.0"), Cell("0.00", "–, 1.250"), Cell("1.00", "2.500, 2.000")]
    assert tasks_table([point(1.0, {})]) is None and tasks_table([]) is None
