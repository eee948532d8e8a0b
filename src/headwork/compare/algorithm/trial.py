"""One trial of a learner of an algorithm. The test side is read once, after training has ended."""

import time
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headwork.base.algorithm import AlgorithmRun, Looked, Looks
from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically, write_json, write_text
from headwork.base.recipes import Recipe
from headwork.base.runs import Identity, Run
from headwork.compare.ended import ended
from headwork.compare.work import Settings
from headwork.data.drawn import Drawn
from headwork.data.generated import Examples, Generated
from headwork.models import config_of, kind_of
from headwork.models.algorithm import check_answers
from headwork.tasks.algorithm import Answered, Learner, shape_of
from headwork.train.algorithm import Learn
from headwork.train.config import train_config
from headwork.train.fit import fit
from headwork.train.record import Fitted, Place, Progress, write_curve


def check(recipe: Recipe) -> None:
    """Refuse unknown keys and impossible values before anything is written."""
    config_of(recipe)
    if train_config(recipe).linear_start and not hasattr(kind_of(recipe).load()[0], "leave_softmax_out"):
        raise HeadworkError(
            f"recipe {recipe.name}: train.linear_start is for models with a softmax over memories, and "
            f"{recipe.model['kind']} is none; leave it out"
        )


def meet(recipe: Recipe, drawn: Drawn) -> None:
    check_answers(recipe.name, kind_of(recipe).load()[0], shape_of(drawn.generator))


def trial(
    run: Run, recipe: Recipe, drawn: Drawn, identity: Identity, settings: Settings, progress: Progress
) -> AlgorithmRun:
    """Train, measure and write all of the run folder but result.json."""
    began = time.perf_counter()
    learner = Learner.new(recipe, drawn.generator, seed=identity.seed, device=settings.device)
    problem = Learn(learner, drawn, train_config(recipe), seed=identity.seed)
    fitted = fit(problem, budget_seconds=settings.budget_seconds, place=Place.of(run), progress=progress)
    write_curve(run, fitted)
    size = learner.save(run.model)
    answered = [learner.answer(examples) for examples in drawn.test]
    write_predictions(run, drawn.test, answered)
    if maps := list(shown_looks(drawn.generator, drawn.test, answered)):
        write_json(run.looks_file, Looks(maps=maps))
    result = result_of(learner, fitted, answered, size, identity, time.perf_counter() - began)
    write_text(run.model / "README.md", model_card(result, drawn))
    return result


def result_of(
    learner: Learner, fitted: Fitted, answered: Sequence[Answered], size: int, identity: Identity, seconds: float
) -> AlgorithmRun:
    found = [each.found for each in answered if each.found is not None]
    kept_from = [point for point in fitted.points if not point.linear] or fitted.points
    return AlgorithmRun(
        **ended(learner.recipe, identity, fitted, parameters=learner.parameters, size=size),
        dev_accuracy=max(point.dev_accuracy for point in kept_from),
        accuracy=_mean([each.score for each in answered]),
        whole=_mean([each.whole for each in answered]),
        bits=_mean([each.bits for each in answered]),
        found=_mean(found) if found else None,
        seconds=seconds,
    )


def _mean(parts: Sequence[np.ndarray]) -> float:
    return float(np.concatenate(parts).mean())


def write_predictions(run: Run, test: Sequence[Examples], answered: Sequence[Answered]) -> None:
    """How each test example was answered, in the order of the test side."""
    lengths = np.concatenate([np.full(len(examples), examples.length) for examples in test])
    table = pa.table(
        {
            "row": pa.array(np.arange(len(lengths)), pa.int64()),
            "length": pa.array(lengths, pa.int64()),
            "score": pa.array(np.concatenate([each.score for each in answered]), pa.float64()),
            "whole": pa.array(np.concatenate([each.whole for each in answered]), pa.bool_()),
            "bits": pa.array(np.concatenate([each.bits for each in answered]), pa.float64()),
        }
    )
    thoughts = [each.thoughts for each in answered if each.thoughts is not None]
    if thoughts:
        table = table.append_column("thoughts", pa.array(np.concatenate(thoughts), pa.float64()))
    write_atomically(run.predictions_file, lambda path: pq.write_table(table, path))


def shown_looks(generator: Generated, test: Sequence[Examples], answered: Sequence[Answered]) -> Iterator[Looked]:
    """The first example of each length, as far as the longest of training and the shortest beyond it."""
    firsts = {examples.length: each for examples, each in reversed(list(zip(test, answered, strict=True)))}
    longest = max(generator.lengths)
    known = [length for length in sorted(firsts) if length <= longest]
    beyond = [length for length in sorted(firsts) if length > longest]
    for length in known[-1:] + beyond[:1]:
        for what, weights in firsts[length].looks.items():
            yield Looked(
                example=f"{length} {generator.UNIT}", what=what, weights=weights[0].round(4).clip(0, 1).tolist()
            )


def model_card(result: AlgorithmRun, drawn: Drawn) -> str:
    """model/README.md: what the model is and how it scored, for whoever finds the folder."""
    return (
        f"# {result.title}\n\n"
        f"Learned to {drawn.generator.TITLE}. Recipe `{result.model}`, seed {result.seed}, data "
        f"`{drawn.generator.spec}`.\n\n"
        f"On {drawn.facts.split.test:,} test examples, longer than in training for the most part: score "
        f"{result.accuracy:.3f}, {result.whole:.1%} without a mistake.\n"
    )
