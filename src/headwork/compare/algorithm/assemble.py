"""From finished trials of learners to one result: scores with intervals, paired tests, score by length, baselines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq
from msgspec.structs import replace

from headwork.base.algorithm import AlgorithmComparison, AlgorithmRun, AlgorithmStanding, Baseline, LengthScore
from headwork.base.runs import Run
from headwork.compare.seeds import by_model, mean
from headwork.compare.standing import compared, standing
from headwork.compare.work import Conditions
from headwork.data.drawn import Drawn
from headwork.data.generated import Guess
from headwork.measure.means import mean_differences, mean_score
from headwork.measure.verdict import SCORE, best_model


@dataclass(frozen=True)
class Scored:
    """What the seeds of a model scored on each test example; all (S, n) but `lengths`, which is (n,)."""

    runs: list[AlgorithmRun]
    lengths: np.ndarray
    score: np.ndarray
    whole: np.ndarray
    bits: np.ndarray
    thoughts: np.ndarray | None
    """of models that choose how often they think"""

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "Scored":
        tables = [pq.read_table(run.predictions_file).to_pydict() for run in runs]
        columns = {name: np.array([table[name] for table in tables]) for name in ("score", "whole", "bits")}
        thoughts = np.array([table["thoughts"] for table in tables]) if "thoughts" in tables[0] else None
        results = [run.result(AlgorithmRun) for run in runs]
        return cls(results, np.array(tables[0]["length"]), **columns, thoughts=thoughts)


def assemble(
    drawn: Drawn, runs: Sequence[Run], curve_runs: Sequence[Run], conditions: Conditions
) -> AlgorithmComparison:
    """The result of a comparison from its trials; generated examples are endless, so there is no learning curve."""
    scored = {name: Scored.of(own) for name, own in by_model(runs).items()}
    models = [_describe(each, drawn) for each in scored.values()]
    best = best_model(models, SCORE).name
    to_best = mean_differences(best, {name: each.score for name, each in scored.items()})
    models = [replace(model, against_best=to_best[model.name]) for model in models]
    generator = drawn.generator
    return AlgorithmComparison(
        **compared(drawn, models, SCORE, runs, conditions),
        best=best,
        baselines=list(_baselines(drawn)),
        title=generator.TITLE,
        unit=generator.UNIT,
        score=generator.SCORE,
        answers=generator.ANSWERS,
        warnings=list(_warnings(drawn, models)),
    )


def _describe(scored: Scored, drawn: Drawn) -> AlgorithmStanding:
    """One row of the comparison, not yet compared with others."""
    runs = scored.runs
    found = [run.found for run in runs if run.found is not None]
    return AlgorithmStanding(
        **standing(runs),
        scores={
            "accuracy": mean_score(scored.score),
            "whole": mean_score(scored.whole.astype(float)),
            "bits": mean_score(scored.bits),
        },
        lengths=list(_by_length(scored, drawn)),
        found=mean(found) if found else None,
    )


def _by_length(scored: Scored, drawn: Drawn) -> Iterator[LengthScore]:
    for length in drawn.generator.test_lengths:
        chosen = scored.lengths == length
        yield LengthScore(
            length=length,
            rows=int(chosen.sum()),
            trained=length in drawn.generator.lengths,
            score=mean_score(scored.score[:, chosen]),
            whole=float(scored.whole[:, chosen].mean()),
            thoughts=None if scored.thoughts is None else float(scored.thoughts[:, chosen].mean()),
        )


def _baselines(drawn: Drawn) -> Iterator[Baseline]:
    guessed = [drawn.generator.guesses(examples) for examples in drawn.test]
    for name, does in drawn.generator.GUESSES.items():
        guesses: list[Guess] = [each[name] for each in guessed]
        by_length: dict[int, list[np.ndarray]] = {}
        for examples, guess in zip(drawn.test, guesses, strict=True):
            by_length.setdefault(examples.length, []).append(guess.score)
        bits = [guess.bits for guess in guesses if guess.bits is not None]
        yield Baseline(
            name=name,
            does=does,
            accuracy=float(np.concatenate([guess.score for guess in guesses]).mean()),
            bits=float(np.concatenate(bits).mean()) if bits else None,
            lengths={length: float(np.concatenate(scores).mean()) for length, scores in by_length.items()},
        )


def _warnings(drawn: Drawn, models: Sequence[AlgorithmStanding]) -> Iterator[str]:
    for model in models:
        inside = [each.score.mean for each in model.lengths if each.trained]
        if inside and max(inside) < 0.99 and "budget" in model.stopped:
            yield f"{model.name} was stopped by the budget before it knew the lengths of training by heart"
