"""What a fit says of itself and where it keeps its state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from headwork.base.files import write_atomically
from headwork.base.results import WHOLE, Cut
from headwork.base.runs import Point, Run

Progress = Callable[[float], None]
"""told the share of the work that is done"""


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """How a fit ended: `stopped` is epochs, patience, budget, or fitted where one call does it all."""

    stopped: str
    steps: int
    epochs: float
    seconds: float
    points: list[Point]
    cut: Cut = WHOLE
    """what of the training texts the steps did not see"""
    beside: Mapping[str, Any] = field(default_factory=dict)
    """by task, what was learnt beside the main one and can be asked, too"""
    crowded: float | None = None
    """share of the time, of this process alone, in which it waited for a core"""


@dataclass(frozen=True)
class Place:
    """Where a fit keeps what it needs to go on: plan.json and checkpoint/state.safetensors of a run folder."""

    plan: Path
    state: Path

    @classmethod
    def of(cls, run: Run) -> "Place":
        return cls(run.plan_file, run.checkpoint / "state.safetensors")


def write_curve(run: Run, fitted: Fitted) -> None:
    """metrics.jsonl, where training had steps."""
    if fitted.points:
        lines = b"".join(msgspec.json.encode(point) + b"\n" for point in fitted.points)
        write_atomically(run.metrics_file, lambda path: path.write_bytes(lines))
