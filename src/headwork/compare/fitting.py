"""The training of a trial, whatever its task, with its state and its curve in the run folder."""

from typing import Any

from headwork.base.files import write_json, write_text
from headwork.base.recipes import encode_recipe
from headwork.base.runs import Identity, Imported, Run
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
    for task, beside in fitted.beside.items():
        _keep(Run(run.folder / "beside" / task), beside)
    return fitted


def _keep(run: Run, model: Any) -> None:
    """What was learnt beside a task, so that it can be asked as a model that came from elsewhere."""
    model.save(run.model)
    write_text(run.recipe_file, encode_recipe(model.recipe))
    core = model.network.core.config
    outputs = getattr(model, "tags", None) or model.classes
    imported = Imported(
        source=str(run.folder.parent.parent),
        family="beside",
        layers=core.layers,
        width=core.dim,
        parameters=model.parameters,
        tokens=core.vocabulary,
        heads=[model.recipe.task],
        labels=list(outputs),
    )
    write_json(run.imported_file, imported)
