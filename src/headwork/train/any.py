"""Fitting any model of texts, pairs, words or passages as its recipe says; torch is loaded only for a network."""

import importlib
import time
from dataclasses import replace
from typing import Any

from headwork.base.errors import HeadworkError
from headwork.base.recipes import Recipe
from headwork.models import config_of, kind_of
from headwork.train.beside import parse_beside
from headwork.train.config import train_config
from headwork.train.record import Fitted, Place, Progress

LEARNT_AS = {
    "classify": ("classify", "Classify"),
    "multilabel": ("multilabel", "Label"),
    "pair": ("pair", "Match"),
    "tag": ("tag", "Tag"),
    "parse-log": ("tag", "Tag"),
    "span": ("span", "Answer"),
    "disambiguate": ("disambiguate", "Disambiguate"),
    "retrieve": ("retrieve", "Retrieve"),
    "summarize": ("summarize", "learning"),
    "table": ("table", "Answer"),
    "triplets": ("triplet", "FromTriplets"),
}
"""by task, or by another objective: the module of this room, and its problem of fitting a network to rows"""
ENCODERS = ("encoder", "encoder-tagger")
"""models on whose core other tasks can be learnt, too"""
LAYERED = (
    ("unfreeze", "all", "layer_groups", "whose layers are told apart"),
    ("discriminative", 1.0, "layer_groups", "whose layers are told apart"),
    ("language", 0.0, "take", "with a language model inside"),
)
"""settings of training, their plain value, what a model must have for another, and that in words"""


def check_recipe(recipe: Recipe) -> None:
    """Refuse unknown keys and impossible values before anything is written."""
    config_of(recipe)
    config, kind = train_config(recipe), kind_of(recipe)
    if config.beside and recipe.kind not in ENCODERS:
        raise HeadworkError(
            f"recipe {recipe.name}: train.beside is {config.beside!r}, but {recipe.kind} is no Transformer encoder, on "
            "which several tasks could stand; leave it out, or take transformer or minilm"
        )
    for name, plain in (("fit", "gradient"), ("objective", "labels")):
        asked = getattr(config, name)
        if not kind.neural or asked in (plain, "none"):
            continue
        if not hasattr(kind.load()[0], "encode") or not hasattr(_problem_of(recipe.task), "fit_head"):
            raise HeadworkError(
                f"recipe {recipe.name}: train.{name} is {asked!r}, but {recipe.kind} has no features apart from its "
                f"head; use {plain!r}"
            )
    if kind.neural and (config.fit == "neighbours") != getattr(kind.load()[0], "KEEPS", False):
        raise HeadworkError(
            f"recipe {recipe.name}: train.fit is {config.fit!r}, and {recipe.kind} "
            + ("trains weights" if config.fit == "neighbours" else "keeps vectors and trains nothing; use 'neighbours'")
        )
    for name, plain, has, lacks in LAYERED:
        if kind.neural and getattr(config, name) != plain and not hasattr(kind.load()[0], has):
            raise HeadworkError(f"recipe {recipe.name}: train.{name} is for models {lacks}, and {recipe.kind} is none")


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
    neural = kind_of(model.recipe).neural
    if not neural:
        model.fit(train.items, train.labels, seed=seed)
    if not neural or config.fit == "none":
        return Fitted(stopped="fitted", steps=0, epochs=0.0, seconds=time.perf_counter() - began, points=[])
    from headwork.train.fit import fit

    learn = _problem_of(model.recipe.task if config.objective == "labels" else "triplets")
    if config.fit in ("logistic", "neighbours"):
        cut = learn.fit_head(model, train, dev).cut
        return Fitted(stopped="fitted", steps=0, epochs=0.0, seconds=time.perf_counter() - began, points=[], cut=cut)
    problem = learn(model, train, dev, config, seed=seed)
    told = {"budget_seconds": budget_seconds, "place": place, "progress": progress}
    if config.beside:
        from headwork.train.sides import together

        whole = together(problem, model, train, dev, parse_beside(config.beside), seed=seed)
        return replace(fit(whole, **told), beside=whole.models)
    if config.language:
        return _after_language(problem, config.language, **told)
    return fit(problem, **told)


def _after_language(
    problem: Any, share: float, *, budget_seconds: float | None, place: Place | None, progress: Progress
) -> Fitted:
    """First the language model inside, with its share of the budget; a fit that is beyond it goes on."""
    from headwork.train.fit import fit
    from headwork.train.pretraining import pretrain

    if place is None or not place.state.is_file():
        problem.spent = pretrain(
            problem.classifier,
            problem.train_examples,
            problem.dev_examples,
            seed=problem.seed,
            budget_seconds=None if budget_seconds is None else share * budget_seconds,
            place=place,
            progress=lambda done: progress(share * done),
        )
    return fit(
        problem,
        budget_seconds=budget_seconds,
        place=place,
        progress=lambda done: progress(share + (1 - share) * done),
    )


def _problem_of(task: str) -> Any:
    module, name = LEARNT_AS[task]
    return getattr(importlib.import_module(f"headwork.train.{module}"), name)
