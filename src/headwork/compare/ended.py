"""What a run says of itself whatever its task."""

from typing import Any

from headwork.base.recipes import Recipe
from headwork.base.results import Cost
from headwork.base.runs import Identity
from headwork.measure.memory import peak_bytes
from headwork.train.record import Fitted


def ended(recipe: Recipe, identity: Identity, fitted: Fitted, *, parameters: int, size: int) -> dict[str, Any]:
    """The fields of `Finished` but `seconds`; `size` is what the stored model takes, in bytes."""
    return {
        "model": recipe.name,
        "title": recipe.title,
        "seed": identity.seed,
        "recipe_sha256": identity.recipe_sha256,
        "data_fingerprint": identity.data_fingerprint,
        "stopped": fitted.stopped,
        "steps": fitted.steps,
        "epochs": fitted.epochs,
        "cost": Cost(
            train_seconds=fitted.seconds,
            parameters=parameters,
            bytes=size,
            peak_bytes=peak_bytes(),
            crowded=fitted.crowded,
        ),
    }
