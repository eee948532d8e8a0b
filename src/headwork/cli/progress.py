"""A progress line on standard error: a bar on a terminal, a plain line now and then elsewhere."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

PLAIN_SECONDS = 15.0
"""between two plain lines"""


def clock(seconds: float) -> str:
    """1:05 or 1:02:03."""
    minutes, rest = divmod(round(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


@contextlib.contextmanager
def progress(plain: bool) -> Iterator[Callable[[str, float, float], None]]:
    """A function to tell (what runs, share done in [0, 1], seconds left)."""
    with _lines() if plain else _bar() as tell:
        yield tell


def by_pace(tell: Callable[[str, float, float], None], what: str) -> Callable[[float], None]:
    """A function of the share done alone: the time left follows from the pace since its first call.

    What comes before that (loading, measuring a step, what an interrupted run had done) is not the pace of the rest.
    """
    first: tuple[float, float] | None = None

    def note(share: float) -> None:
        nonlocal first
        now = time.monotonic()
        if first is None:
            first = share, now
        elif share > first[0]:
            tell(what, share, (now - first[1]) / (share - first[0]) * (1 - share))

    return note


@contextlib.contextmanager
def _lines() -> Iterator[Callable[[str, float, float], None]]:
    last_what, last_time = "", 0.0

    def tell(what: str, share: float, seconds_left: float) -> None:
        nonlocal last_what, last_time
        if what != last_what or time.monotonic() - last_time > PLAIN_SECONDS:
            last_what, last_time = what, time.monotonic()
            print(f"{share:4.0%}  {what}, about {clock(seconds_left)} left", file=sys.stderr, flush=True)

    yield tell


@contextlib.contextmanager
def _bar() -> Iterator[Callable[[str, float, float], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("about {task.fields[left]} left"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=1.0, left="…")
        yield lambda what, share, seconds: bar.update(task, description=what, completed=share, left=clock(seconds))
