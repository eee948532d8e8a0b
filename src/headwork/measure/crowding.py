"""How long a process was ready to compute but had no core, for other work on the machine: no part of its training time.

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


class Stopwatch:
    """Runs from when it is made, and stands still while the process waits for a core."""

    def __init__(self) -> None:
        self._began, self._waited_before = time.perf_counter(), waited_seconds()

    @property
    def seconds(self) -> float:
        return self._elapsed - (self._waited or 0.0)

    @property
    def waited_share(self) -> float | None:
        """What part of the time the process waited; None where the system does not say."""
        waited = self._waited
        return None if waited is None else waited / self._elapsed

    @property
    def _elapsed(self) -> float:
        return time.perf_counter() - self._began

    @property
    def _waited(self) -> float | None:
        now = waited_seconds()
        return None if now is None or self._waited_before is None else now - self._waited_before


def crowded(shares: Mapping[str, float | None]) -> str | None:
    """A sentence for the report, where some model's training waited for long; `shares` are those of each model."""
    known = {name: share for name, share in shares.items() if share is not None}
    worst = max(known, key=lambda name: known[name], default="")
    if not worst or known[worst] < CROWDED:
        return None
    least, most = f"{min(known.values()):.0%}", f"{known[worst]:.0%}"
    share = most if least == most else f"{least} to {most}"
    return (
        f"The machine was busy with other work: trials waited for a core during {share} of "
        f"their training (most: {worst}). This was not counted as training, but caches and memory were "
        "shared too. Repeat it on a quiet machine where seconds decide."
    )
