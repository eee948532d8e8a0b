"""Fitting any classifier in the way that its recipe names, of texts or pairs; torch is loaded only for a network."""

import time
from typing import TYPE_CHECKING, Any, cast

from headwork.base.errors import HeadworkError
from headwork.base.recipes import Recipe
from headwork.data.corpus import Examples
from headwork.models import config_of, kind_of
from headwork.tasks.classify import Classifier
from headwork.tasks.pair import Matcher
from headwork.train.config import train_config
from headwork.train.record import Fitted, Place, Progress

if TYPE_CHECKING:
    from headwork.tasks.classical import ClassicalClassifier
    from headwork.tasks.neural import NeuralClassifier


def check_recipe(recipe: Recipe) -> None:
    """Refuse unknown keys and impossible values before anything is written."""
    config_of(recipe)
    config, kind = train_config(recipe), kind_of(recipe)
    for name, plain in (("fit", "gradient"), ("objective", "labels")):
        asked = getattr(config, name)
        if kind.neural and asked != plain and not hasattr(kind.load()[0], "encode"):
            raise HeadworkError(
                f"recipe {recipe.name}: train.{name} is {asked!r}, but {recipe.kind} has no features apart from its "
                f"head; use {plain!r}"
            )


def fit_any(
    classifier: Classifier | Matcher,
    train: Examples,
    dev: Examples,
    *,
    seed: int,
    budget_seconds: float | None = None,
    place: Place | None = None,
    progress: Progress = lambda share: None,
) -> Fitted:
    """Fit on `train` with `dev` for early stopping and choices; `place` is where a long fit keeps its state.

    A classifier has rows of texts, a matcher rows of pairs.
    """
    began = time.perf_counter()
    config = train_config(classifier.recipe)
    if not kind_of(classifier.recipe).neural:
        cast("ClassicalClassifier", classifier).fit(train.items, train.labels, seed=seed)
        return Fitted(stopped="fitted", steps=0, epochs=0.0, seconds=time.perf_counter() - began, points=[])
    network = cast("NeuralClassifier", classifier)
    if config.fit == "logistic":
        from headwork.train.logistic import fit_logistic_head

        fit_logistic_head(network, train, dev)
        return Fitted(stopped="fitted", steps=0, epochs=0.0, seconds=time.perf_counter() - began, points=[])
    from headwork.train.classify import Classify
    from headwork.train.fit import fit
    from headwork.train.pair import Match
    from headwork.train.triplet import FromTriplets

    of_labels = Classify if config.objective == "labels" else FromTriplets
    learn: Any = of_labels if isinstance(classifier, Classifier) else Match
    problem = learn(network, train, dev, config, seed=seed)
    return fit(problem, budget_seconds=budget_seconds, place=place, progress=progress)
