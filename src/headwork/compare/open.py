"""A finished run as what it has learned, whatever its task."""

from pathlib import Path
from typing import Any

from headwork.base.errors import HeadworkError
from headwork.base.runs import Run
from headwork.compare.work import Work, work_of


def open_run(folder: str, *, device: str, task: str | None = None) -> tuple[Any, Work]:
    """What a finished run has learned, and the work of its task; `task` is the one that a command can use."""
    run = Run(Path(folder))
    if run.imported_file.is_file() and not run.recipe_file.is_file():
        if run.imported().writes and task in (None, "language"):
            from headwork.tasks.published_language import load_published_language

            return load_published_language(run.model, device=device), work_of("language")
        raise HeadworkError(
            f"{folder}: an encoder without a task; train from it with `--set model.pretrained={folder}`"
        )
    recipe = run.recipe()
    if not run.finished and not run.imported_file.is_file():
        raise HeadworkError(f"{folder}: this run is not finished; repeat the command that started it")
    if task and recipe.task != task:
        raise HeadworkError(f"{folder}: a run of the task {recipe.task}; this command takes runs of {task}")
    work = work_of(recipe.task)
    if work.open is None:
        raise HeadworkError(f"{folder}: a run of the task {recipe.task}, which reads no texts of yours")
    return work.open(run.model, device=device), work
