"""How long a process was ready to compute but had no core: other work on the machine, which makes budgets uneven.

Linux counts it for each thread; elsewhere nothing is known. Other threads of a process wait about as long as its first.
"""

import time
from collections.abc import Mapping
from pathlib import Path

SCHEDULED = Path("/proc/self/schedstat")
"""of the first thread, in nanoseconds: how long it ran, how long it waited for a core; and how often it ran"""
CROWDED = 0.1
"""share of the training time that is told"""


def waited_seconds() -> float | None:
    """Since this process began; None where the system does not say."""
    if not SCHEDULED.is_file():
        return None
    return int(SCHEDULED.read_text().split()[1]) / 1e9


class Waiting:
    """What part of the time since this was made the process waited."""

    def __init__(self) -> None:
        self.began, self.before = time.perf_counter(), waited_seconds()

    @property
    def share(self) -> float | None:
        now = waited_seconds()
        if now is None or self.before is None:
            return None
        return (now - self.before) / (time.perf_counter() - self.began)


def crowded(shares: Mapping[str, float | None]) -> str | None:
    """A sentence for the report, where some model's training waited for long; `shares` are those of each model."""
    known = {name: share for name, share in shares.items() if share is not None}
    worst = max(known, key=lambda name: known[name], default="")
    if not worst or known[worst] < CROWDED:
        return None
    least = min(known.values())
    return (
        f"The machine was busy with other work: trials waited for a core during {least:.0%} to {known[worst]:.0%} of "
        f"their training (most: {worst}), so that the same budget was worth less to some. Repeat it on a quiet machine."
    )
