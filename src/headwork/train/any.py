"""Fitting any model of texts, pairs, words or passages as its recipe says; torch is loaded only for a network."""

import importlib
import time
from typing import Any

from headwork.base.errors import HeadworkError
from headwork.base.recipes import Recipe
from headwork.models import config_of, kind_of
from headwork.train.config import train_config
from headwork.train.record import Fitted, Place, Progress

LEARNT_AS = {
    "classify": ("classify", "Classify"),
    "multilabel": ("multilabel", "Label"),
    "pair": ("pair", "Match"),
    "tag": ("tag", "Tag"),
    "span": ("span", "Answer"),
    "table": ("table", "Answer"),
    "triplets": ("triplet", "FromTriplets"),
}
"""by task, or by another objective: the module of this room, and its problem of fitting a network to rows"""


def check_recipe(recipe: Recipe) -> None:
    """Refuse unknown keys and impossible values before anything is written."""
    config_of(recipe)
    config, kind = train_config(recipe), kind_of(recipe)
    for name, plain in (("fit", "gradient"), ("objective", "labels")):
        asked = getattr(config, name)
        if not kind.neural or asked == plain:
            continue
        if not hasattr(kind.load()[0], "encode") or not hasattr(_problem_of(recipe.task), "fit_head"):
            raise HeadworkError(
                f"recipe {recipe.name}: train.{name} is {asked!r}, but {recipe.kind} has no features apart from its "
                f"head; use {plain!r}"
            )


def fit_any(
    model: Any,
    train: Any,
    dev: Any,
    *,
    seed: int,
    budget_seconds: float | None = None,
    place: Place | None = None,
    progress: Progress = lambda share: None,
) -> Fitted:
    """Fit on `train` with `dev` for early stopping and choices; `place` is where a long fit keeps its state.

    `model` is what its task makes of a recipe, such as a classifier or a tagger, and the rows are those of its task.
    """
    began = time.perf_counter()
    config = train_config(model.recipe)
    if not kind_of(model.recipe).neural:
        model.fit(train.items, train.labels, seed=seed)
        return Fitted(stopped="fitted", steps=0, epochs=0.0, seconds=time.perf_counter() - began, points=[])
    from headwork.train.fit import fit

    learn = _problem_of(model.recipe.task if config.objective == "labels" else "triplets")
    if config.fit == "logistic":
        cut = learn.fit_head(model, train, dev).cut
        return Fitted(stopped="fitted", steps=0, epochs=0.0, seconds=time.perf_counter() - began, points=[], cut=cut)
    problem = learn(model, train, dev, config, seed=seed)
    return fit(problem, budget_seconds=budget_seconds, place=place, progress=progress)


def _problem_of(task: str) -> Any:
    module, name = LEARNT_AS[task]
    return getattr(importlib.import_module(f"headwork.train.{module}"), name)
