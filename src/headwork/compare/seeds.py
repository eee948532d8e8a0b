"""Several seeds of a model as one: their runs, what they cost on average, and the learning curve they give."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np

from headwork.base.results import Cost, CurvePoint, Finished
from headwork.base.runs import Run

F = TypeVar("F", bound=Finished)


def by_model(runs: Sequence[Run]) -> dict[str, list[Run]]:
    grouped: dict[str, list[Run]] = {}
    for run in runs:
        grouped.setdefault(run.result().model, []).append(run)
    return grouped


def mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def mean_cost(runs: Sequence[Finished]) -> Cost:
    return Cost(
        train_seconds=mean(run.cost.train_seconds for run in runs),
        parameters=runs[0].cost.parameters,
        bytes=max(run.cost.bytes for run in runs),
        peak_bytes=max(run.cost.peak_bytes for run in runs),
        crowded=max((run.cost.crowded for run in runs if run.cost.crowded is not None), default=None),
    )


def curve(
    whole: Sequence[F],
    parts: Sequence[Run],
    kind: type[F],
    *,
    rows: Callable[[float], int],
    score: Callable[[F], float],
) -> tuple[CurvePoint, ...]:
    """The score by share of the training rows, of which `rows` says how many they are; empty without `parts`."""
    found: dict[float, list[float]] = {}
    for run in parts:
        result = run.result(kind)
        if result.model == whole[0].model:
            found.setdefault(run.identity().share, []).append(score(result))
    if not found:
        return ()
    found[1.0] = [score(run) for run in whole]
    return tuple(
        CurvePoint(
            share=share,
            rows=rows(share),
            accuracy=mean(scores),
            spread=float(np.std(scores, ddof=1)) if len(scores) > 1 else 0.0,
        )
        for share, scores in sorted(found.items())
    )
