"""One trial of a model of tables. The test side is read once, after training has ended.

The temperature of labels is fitted on dev. What programs there are for the test questions is searched once more, for
the share that any model could answer.
"""

import time

import numpy as np
import pyarrow as pa

from headwork.base.errors import HeadworkError
from headwork.base.files import write_text
from headwork.base.recipes import Recipe
from headwork.base.runs import Identity, Run
from headwork.base.table import TableRun
from headwork.compare.ended import ended
from headwork.compare.fitting import fit_in
from headwork.compare.predictions import write_predictions
from headwork.compare.work import Settings
from headwork.data.table_questions import TableCorpus, TableQuestions
from headwork.measure.calibration import fit_temperature
from headwork.measure.denotations import agrees
from headwork.measure.latency import measure_latency
from headwork.measure.scores import macro_f1
from headwork.models import kind_of
from headwork.models.programs.reply import Reply
from headwork.tasks.table import Tabler, new_tabler
from headwork.train.any import check_recipe
from headwork.train.config import train_config
from headwork.train.record import Fitted, Progress

LATENCY_QUESTIONS = 200


def check(recipe: Recipe) -> None:
    check_recipe(recipe)
    if kind_of(recipe).neural and train_config(recipe).label_smoothing:
        raise HeadworkError(f"recipe {recipe.name}: train.label_smoothing means nothing for tables; leave it out")


def trial(
    run: Run, recipe: Recipe, corpus: TableCorpus, identity: Identity, settings: Settings, progress: Progress
) -> TableRun:
    """Train, measure and write all of the run folder but result.json."""
    began = time.perf_counter()
    train, dev = corpus.part("train").share(settings.share), corpus.part("dev")
    tabler = new_tabler(recipe, train, seed=identity.seed, offline=settings.offline, device=settings.device)
    fitted = fit_in(run, tabler, train, dev, identity=identity, settings=settings, progress=progress)
    result = measure_and_store(tabler, run, corpus, fitted, identity, began)
    write_text(run.model / "README.md", model_card(result, corpus))
    return result


def measure_and_store(
    tabler: Tabler,
    run: Run,
    corpus: TableCorpus,
    fitted: Fitted,
    identity: Identity,
    began: float,
) -> TableRun:
    """One reading of dev and test, cost and latency; all of it in the run folder but result.json."""
    dev, test = corpus.part("dev"), corpus.part("test")
    said_dev = _replies(tabler, dev, fit=True)
    size = tabler.save(run.model)
    said = _replies(tabler, test)
    sides = {"dev": (dev, said_dev), "test": (test, said)}
    write_predictions(run, {name: (side.rows, told(side, replies)) for name, (side, replies) in sides.items()})
    return TableRun(
        **ended(tabler.recipe, identity, fitted, parameters=tabler.parameters, size=size),
        dev_accuracy=scores_of(dev, said_dev)["accuracy"],
        scores=scores_of(test, said),
        temperature=tabler.temperature,
        latency=measure_latency(tabler.answer, test.sample(LATENCY_QUESTIONS).asked),
        read=tabler.reading(test.asked),
        searched=tabler.searched(test),
        not_learnt=tabler.not_learnt,
        seconds=time.perf_counter() - began,
    )


def _replies(tabler: Tabler, side: TableQuestions, *, fit: bool = False) -> list[Reply]:
    """What it says; with `fit` the temperature is fitted first, where there are labels."""
    if not tabler.classes:
        return tabler.replies(side.asked)
    logits = tabler.logits(side.asked)
    if fit:
        tabler.temperature = fit_temperature(logits, side.labels)
    return tabler.judged(side.asked, logits)


def scores_of(side: TableQuestions, said: list[Reply]) -> dict[str, float]:
    """The score that models are ranked by comes first."""
    scores = {"accuracy": float(np.mean(hits_of(side, said)))}
    if side.classes:
        given = np.array([side.classes.index(reply.answers[0]) for reply in said])
        scores["macro_f1"] = macro_f1(side.labels, given)
    return scores


def hits_of(side: TableQuestions, said: list[Reply]) -> np.ndarray:
    """(n,) 1 where the answer or the label is right."""
    if side.classes:
        return np.array([float(reply.answers == right) for reply, right in zip(said, side.right, strict=True)])
    return np.array([float(agrees(reply.answers, right)) for reply, right in zip(said, side.right, strict=True)])


def told(side: TableQuestions, said: list[Reply]) -> dict[str, pa.Array]:
    """Columns of predictions.parquet."""
    return {
        "answers": pa.array([list(reply.answers) for reply in said], pa.list_(pa.large_string())),
        "hit": pa.array(hits_of(side, said)),
        "program": pa.array([reply.program for reply in said], pa.large_string()),
        "kind": pa.array([reply.kind for reply in said], pa.string()),
        "cells": pa.array([list(map(list, reply.cells)) for reply in said], pa.list_(pa.list_(pa.int64()))),
        "probability": pa.array([reply.probability for reply in said], pa.float64()),
    }


def model_card(result: TableRun, corpus: TableCorpus) -> str:
    """model/README.md: what the model is and how it scored, for whoever finds the folder."""
    facts = corpus.facts
    does = "Judges statements on tables" if facts.classes else "Answers questions about tables by small programs"
    scored = ", ".join(f"{name.replace('_', '-')} {score:.3f}" for name, score in result.scores.items())
    return (
        f"# {result.title}\n\n"
        f"{does}. Recipe `{result.model}`, seed {result.seed}, trained on {facts.split.train:,} {facts.unit} of "
        f"{facts.source}.\n\n"
        f"On {facts.split.test:,} test {facts.unit}: {scored}.\n\n"
        "Use it with `headwork predict` and `--table` on the folder that holds this one.\n"
    )
