"""Fitting any model of texts, pairs or passages as its recipe says; torch is loaded only for a network."""

import time
from typing import TYPE_CHECKING, Any, cast

from headwork.base.errors import HeadworkError
from headwork.base.recipes import Recipe
from headwork.data.corpus import Examples
from headwork.data.questions import Questions
from headwork.models import config_of, kind_of
from headwork.tasks.classify import Classifier
from headwork.tasks.pair import Matcher
from headwork.tasks.span import Answerer
from headwork.train.config import train_config
from headwork.train.record import Fitted, Place, Progress

if TYPE_CHECKING:
    from headwork.tasks.neural import NeuralClassifier


def check_recipe(recipe: Recipe) -> None:
    """Refuse unknown keys and impossible values before anything is written."""
    config_of(recipe)
    config, kind = train_config(recipe), kind_of(recipe)
    if kind.neural and config.fit != "gradient" and not hasattr(kind.load()[0], "encode"):
        raise HeadworkError(
            f"recipe {recipe.name}: train.fit is {config.fit!r}, but {recipe.model['kind']} has no features apart from "
            "its head; use 'gradient'"
        )


def fit_any(
    classifier: Classifier | Matcher | Answerer,
    train: Examples | Questions,
    dev: Examples | Questions,
    *,
    seed: int,
    budget_seconds: float | None = None,
    place: Place | None = None,
    progress: Progress = lambda share: None,
) -> Fitted:
    """Fit on `train` with `dev` for early stopping and choices; `place` is where a long fit keeps its state.

    A classifier has rows of texts, a matcher rows of pairs, and what answers from passages questions about them.
    """
    began = time.perf_counter()
    config = train_config(classifier.recipe)
    if not kind_of(classifier.recipe).neural:
        cast(Any, classifier).fit(train.items, train.labels, seed=seed)
        return Fitted(stopped="fitted", steps=0, epochs=0.0, seconds=time.perf_counter() - began, points=[])
    network = cast("NeuralClassifier", classifier)
    if config.fit == "logistic":
        from headwork.train.logistic import fit_logistic_head

        fit_logistic_head(network, cast(Examples, train), cast(Examples, dev))
        return Fitted(stopped="fitted", steps=0, epochs=0.0, seconds=time.perf_counter() - began, points=[])
    from headwork.train.classify import Classify
    from headwork.train.fit import fit
    from headwork.train.pair import Match
    from headwork.train.span import Answer

    problems = {Classifier: Classify, Matcher: Match, Answerer: Answer}
    learn: Any = next(problem for kind, problem in problems.items() if isinstance(classifier, kind))
    problem = learn(network, train, dev, config, seed=seed)
    return fit(problem, budget_seconds=budget_seconds, place=place, progress=progress)
