"""What a finished run answers to new texts, whatever its task."""

from pathlib import Path
from typing import Any, BinaryIO

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.base.runs import Run
from headwork.compare.work import Work, work_of
from headwork.data.columns import choose_text_column
from headwork.data.tables import read_table


def open_run(folder: str, *, device: str, task: str | None = None) -> tuple[Any, Work]:
    """What a finished run has learned, and the work of its task; `task` is the one that a command can use."""
    run = Run(Path(folder))
    recipe = run.recipe()
    if not run.finished:
        raise HeadworkError(f"{folder}: this run is not finished; repeat the command that started it")
    if task and recipe.task != task:
        raise HeadworkError(f"{folder}: a run of the task {recipe.task}; this command takes runs of {task}")
    work = work_of(recipe.task)
    if work.open is None:
        raise HeadworkError(f"{folder}: a run of the task {recipe.task}, which reads no texts of yours")
    return work.open(run.model, device=device), work


def texts_of(file: str | None, stream: BinaryIO, *, column: str, limits: Limits) -> list[str]:
    """The texts of a file's column, or the lines of a stream. A row without a text is an empty text."""
    if file is None:
        try:
            return [line.decode("utf-8").rstrip("\r\n") for line in stream]
        except UnicodeDecodeError as error:
            raise HeadworkError(
                f"standard input: not UTF-8 ({error}); convert it first, for example with iconv"
            ) from error
    table = read_table(Path(file), limits)
    return [text or "" for text in table.columns[choose_text_column(table, column)]]
