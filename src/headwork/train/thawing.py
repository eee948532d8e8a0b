"""Which layers learn at a step, and how fast: a pure function of (step, steps).

    gradual   the highest layer, then one more below it in each stage, then all    (Howard and Ruder 2018, section 3.3)
    chain     the highest layer, then each other by itself from the lowest, then all    (Felbo et al. 2017, section 3.3)
    rate of layer l = rate of layer l + 1 / discriminative                    (Howard and Ruder 2018, section 3.2)

Each stage has a schedule of its own; those before the last share half of the steps evenly.

Axes: L layers, numbered from the lowest.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from headwork.train.config import TrainConfig
from headwork.train.schedules import SCHEDULES

BEFORE_ALL = 0.5
"""share of the steps before all layers learn together"""


class Stage(NamedTuple):
    """Layers that learn, from a step up to another."""

    layers: frozenset[int]
    start: int
    stop: int


def stages(kind: str, layers: int, steps: int) -> list[Stage]:
    everything = frozenset(range(layers))
    last = layers - 1
    one_by_one: dict[str, list[frozenset[int]]] = {
        "all": [],
        "gradual": [frozenset(range(lowest, layers)) for lowest in range(last, 0, -1)],
        "chain": [frozenset([last]), *(frozenset([layer]) for layer in range(last))] if last else [],
    }
    before = one_by_one[kind]
    each = int(BEFORE_ALL * steps / len(before)) if before else 0
    starts = list(accumulate([each] * len(before), initial=0))
    stops = [*starts[1:], steps]
    return [Stage(*each) for each in zip([*before, everything], starts, stops, strict=True)]


def rates(config: TrainConfig, layers: int, step: int, steps: int) -> Sequence[float | None]:
    """The learning rate of each layer, None of one that does not learn."""
    now = next(stage for stage in stages(config.unfreeze, layers, steps) if stage.start <= step < stage.stop)
    factor = SCHEDULES[config.schedule](step - now.start, now.stop - now.start, config.warmup)
    return [
        config.lr * factor / config.discriminative ** (layers - 1 - layer) if layer in now.layers else None
        for layer in range(layers)
    ]
