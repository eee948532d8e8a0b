"""What a comparison says of its models and of itself, whatever the task."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
from msgspec.structs import replace

from headwork.base.results import Calibrated, Calibration, Difference, Finished, Latency, Standing
from headwork.base.runs import Run
from headwork.compare.seeds import curve, mean, mean_cost
from headwork.compare.work import Conditions, Data
from headwork.measure.calibration import calibration, reliability, softmax
from headwork.measure.machine import describe_machine
from headwork.measure.verdict import Yardstick, choose

S = TypeVar("S", bound=Standing)
UNCOMPARED = Difference(difference=0.0, low=0.0, high=0.0, p=1.0, p_holm=1.0)


class Answered(Protocol):
    """What the seeds of a model answered, each a finished run with its `scores`."""

    @property
    def runs(self) -> Sequence[Any]: ...


class Learnt(Protocol):
    """Training rows, of which a share can be taken."""

    def share(self, share: float) -> Any: ...


def standing(runs: Sequence[Finished]) -> dict[str, Any]:
    """The fields of `Standing` from a model's seeds, but its scores; what it is beside the best is not known yet."""
    return {
        "name": runs[0].model,
        "title": runs[0].title,
        "seeds": [run.seed for run in runs],
        "cost": mean_cost(runs),
        "against_best": UNCOMPARED,
        "stopped": [run.stopped for run in runs],
    }


def middle_latency(latencies: Sequence[Latency]) -> Latency:
    """The medians over a model's seeds."""
    return Latency(
        **{name: float(np.median([getattr(each, name) for each in latencies])) for name in Latency.__struct_fields__}
    )


def calibrated(logits: np.ndarray, truth: np.ndarray, temperatures: Sequence[float]) -> Calibrated:
    """Of a model's (S, n, C) logits, with the temperature of each seed."""
    seeds = list(zip(logits, temperatures, strict=True))
    each = [calibration(own, truth, temperature=temperature) for own, temperature in seeds]
    before, after = (
        np.concatenate([softmax(own / by) for own, by in pairs]) for pairs in ([(own, 1.0) for own, _ in seeds], seeds)
    )
    every = np.tile(truth, len(seeds))
    names = Calibration.__struct_fields__
    return Calibrated(
        numbers=Calibration(**{name: mean(getattr(one, name) for one in each) for name in names}),
        before=reliability(before, every),
        after=reliability(after, every),
    )


def placed(
    models: Sequence[S],
    to_best: Mapping[str, Difference],
    answers: Mapping[str, Answered],
    curve_runs: Sequence[Run],
    train: Learnt,
    *,
    score: str,
) -> list[S]:
    """The models with what they are beside the best, and with learning curves where there were runs on shares."""
    return [
        replace(
            model,
            against_best=to_best[model.name],
            curve=curve(
                answers[model.name].runs,
                curve_runs,
                type(answers[model.name].runs[0]),
                rows=lambda share: len(train.share(share)),
                score=lambda run: run.scores[score],
            ),
        )
        for model in models
    ]


def compared(
    data: Data, models: Sequence[Standing], by: Yardstick, runs: Sequence[Run], conditions: Conditions
) -> dict[str, Any]:
    """The fields of `Compared` but its warnings."""
    return {
        "name": data.name,
        "data": data.facts,
        "models": models,
        "verdict": choose(models, by),
        "machine": describe_machine(threads=conditions.threads, device=conditions.device),
        "budget_seconds": conditions.budget_seconds,
        "total_seconds": sum(run.result().seconds for run in runs),
        "command": conditions.command,
    }
