"""What a comparison does for each task: read data, run one trial, put finished trials together.

A task is a package of this room, and its `WORK` says who does what.
"""

import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec

from headwork.base.recipes import Recipe, check_task
from headwork.base.results import Compared, DataFacts, Finished
from headwork.base.runs import Identity, Run
from headwork.compare.asked import Asked, texts_asked
from headwork.train.record import Progress


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a trial is told beside its recipe, seed and data."""

    budget_seconds: float | None = None
    share: float = 1.0
    device: str = "cpu"
    offline: bool = False
    explains: bool = True


@dataclass(frozen=True)
class Conditions:
    """Under what the trials of a comparison ran."""

    budget_seconds: float | None
    threads: int
    device: str
    command: str


class Data(Protocol):
    """Prepared rows: what a comparison must know of them."""

    @property
    def facts(self) -> DataFacts: ...

    @property
    def name(self) -> str:
        """What to call them in the names of folders."""
        ...

    def examples(self) -> Iterator[tuple[str, ...]]:
        """Rows of the test side on one line each, the answer first."""
        ...

    def save(self, folder: Path) -> None: ...

    def save_facts(self, folder: Path) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Answering:
    """How what was learned is asked."""

    open: Callable[..., Any] | None = None
    """(model folder, device=…): what a run has learned, with the column or columns that it learned from"""
    asked: Callable[[Any, Asked], Iterable[Any]] = texts_asked
    """(what was opened, what was asked): texts or pairs, as it takes them"""
    answers: Callable[..., Iterator[dict[str, Any]]] | None = None
    """(what was opened, those, **options): an object for each, in order"""
    asking: frozenset[str] = frozenset()
    """names of what only some models are asked with, beside texts: a table"""
    answering: frozenset[str] = frozenset()
    """names of the options that `answers` takes"""


@dataclass(frozen=True, kw_only=True)
class Work(Answering):
    """The doers of a task."""

    reading: frozenset[str]
    """names of the options that `prepare` takes beside the source"""
    prepare: Callable[..., Data]
    """(source, **reading): data from a file or a name"""
    load: Callable[[Path], Data]
    """the data that a comparison's folder holds"""
    check: Callable[[Recipe], None]
    """refuse impossible settings before anything is written"""
    meet: Callable[[Recipe, Any], None] = lambda recipe, data: None
    """refuse a model that cannot give the answers that the data asks for, before anything is written"""
    trial: Callable[[Run, Recipe, Any, Identity, Settings, Progress], Finished]
    """train, measure and write all of a run folder but result.json"""
    assemble: Callable[[Any, Sequence[Run], Sequence[Run], Conditions], Compared]
    """(data, runs, runs on a share of the rows, conditions): the result of a comparison"""
    has_shares: bool = True
    """can a share of the training rows be taken, for a learning curve"""


def work_of(task: str) -> Work:
    check_task(task)
    return importlib.import_module(f"headwork.compare.{task.replace('-', '_')}").WORK
