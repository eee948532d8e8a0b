"""One trial in a process of its own: `python -m headwork.compare.worker`, told what to do in JSON on standard input.

It says the share that is done on standard output, a number a line, and ends when standard input is closed, so that no
trial outlives its comparison.
"""

import os
import sys
import threading
from pathlib import Path

import msgspec

from headwork.base.errors import HeadworkError
from headwork.base.recipes import Recipe
from headwork.base.runs import Run
from headwork.compare.trial import run_trial
from headwork.compare.work import Settings, work_of
from headwork.ops.chance import repeat_on


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is told."""

    folder: str
    rows: str
    """folder of the prepared data"""
    recipe: Recipe
    seed: int
    settings: Settings


def main() -> int:
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    repeat_on(order.settings.device)
    try:
        run_trial(
            Run(Path(order.folder)),
            order.recipe,
            work_of(order.recipe.task).load(Path(order.rows)),
            seed=order.seed,
            settings=order.settings,
            progress=_tell,
        )
    except HeadworkError as error:
        print(f"headwork: {error}", file=sys.stderr)
        return 2
    return 0


def _tell(share: float) -> None:
    print(f"{share:.4f}", flush=True)


def _end_with_parent() -> None:
    # Not through sys.stdin, whose lock the interpreter wants when it ends.
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
