"""A finished run as what it has learned, whatever its task."""

from pathlib import Path
from typing import Any

from headwork.base.errors import HeadworkError
from headwork.base.files import read_json
from headwork.base.runs import Imported, Run
from headwork.compare.work import Answering, Work, work_of


def open_answering(folder: str, *, device: str) -> tuple[Any, Answering]:
    """What answers in a folder, and how it is asked: a finished run, or an imported model of pictures."""
    run = Run(Path(folder))
    imported = _imported(run)
    if imported is None or not imported.pictures:
        return open_run(folder, device=device)
    from headwork.compare.pictures import PICTURES

    assert PICTURES.open is not None
    return PICTURES.open(run.model, device=device), PICTURES


def open_run(folder: str, *, device: str, task: str | None = None) -> tuple[Any, Work]:
    """What a finished run has learned, and the work of its task; `task` is the one that a command can use."""
    run = Run(Path(folder))
    imported = _imported(run)
    if imported is not None and imported.pictures:
        raise HeadworkError(f"{folder}: a model of pictures; ask it with `headwork predict {folder} --image FILE`")
    if imported is not None and imported.writes and task in (None, "language"):
        from headwork.tasks.published_language import load_published_language

        return load_published_language(run.model, device=device), work_of("language")
    if imported is not None:
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


def _imported(run: Run) -> Imported | None:
    """What was imported into a folder, where it is no run."""
    if run.recipe_file.is_file() or not run.imported_file.is_file():
        return None
    return read_json(run.imported_file, Imported)
