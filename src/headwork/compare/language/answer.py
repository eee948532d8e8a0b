"""The language model of a finished run, to be used."""

from pathlib import Path

from headwork.base.errors import HeadworkError
from headwork.base.runs import Run
from headwork.tasks.language import LanguageModel, load_language_model


def open_language_model(folder: str, *, device: str) -> LanguageModel:
    run = Run(Path(folder))
    recipe = run.recipe()
    if recipe.task != "language":
        raise HeadworkError(f"{folder}: a run of the task {recipe.task}; `headwork generate` wants a language model")
    if not run.finished:
        raise HeadworkError(f"{folder}: this run is not finished; repeat the command that started it")
    return load_language_model(run.model, device=device)
