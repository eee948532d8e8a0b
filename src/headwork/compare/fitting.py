"""The training of a trial, whatever its task, with its state and its curve in the run folder."""

from typing import Any

from headwork.base.runs import Identity, Run
from headwork.compare.work import Settings
from headwork.train.any import fit_any
from headwork.train.record import Fitted, Place, Progress, write_curve


def fit_in(
    run: Run, model: Any, train: Any, dev: Any, *, identity: Identity, settings: Settings, progress: Progress
) -> Fitted:
    """Fit what a task made of a recipe; model and rows as `fit_any` takes them."""
    fitted = fit_any(
        model,
        train,
        dev,
        seed=identity.seed,
        budget_seconds=settings.budget_seconds,
        place=Place.of(run),
        progress=progress,
    )
    write_curve(run, fitted)
    return fitted
