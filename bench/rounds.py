"""Sides that take turns, so that a machine that slows down slows all of them, and the ratio of each round."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeVar

Side = TypeVar("Side")


@dataclass(frozen=True)
class Spread:
    """The middle, the smallest and the largest of some numbers."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> "Spread":
        return cls(median(numbers), min(numbers), max(numbers))

    def __str__(self) -> str:
        middle, low, high = (f"{x:,.0f}" if x >= 100 else f"{x:.3g}" for x in (self.middle, self.low, self.high))
        return f"{middle} ({low} to {high})"


def take_turns(sides: Mapping[Side, Callable[[int], Any]], rounds: int) -> dict[Side, list[Any]]:
    """What each side gave in each round; every second round goes through the sides backwards."""
    given: dict[Side, list[Any]] = {name: [] for name in sides}
    for turn in range(rounds):
        for name in list(sides)[:: 1 if turn % 2 == 0 else -1]:
            given[name].append(sides[name](turn))
            print(f"  round {turn + 1} of {rounds}: {name}", file=sys.stderr, flush=True)
    return given


def ratios(above: Sequence[float], below: Sequence[float]) -> Spread:
    return Spread.of([one / other for one, other in zip(above, below, strict=True)])


def in_new_process(module: str, *arguments: str, threads: int) -> dict[str, Any]:
    """Run `python -m module arguments` alone with its memory; the last line that it prints is JSON."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])
