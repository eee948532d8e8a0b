"""Lines of logs with their fields, on three sides: tagged sentences whose words say whether a blank stands before them.

A source is a table as loghub has them (`headwork.data.log_tables`), a file of texts with spans
(`headwork.data.spans`), or the name of a data set of such files.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.base.parse_log import VALUE
from headwork.base.tag import OUTSIDE, is_iob2
from headwork.data.conll import Sentence
from headwork.data.log_damage import Degraded, degraded
from headwork.data.log_format import CONTENT
from headwork.data.log_tables import TEMPLATE, ReadLog, read_log_table
from headwork.data.sets import TABLES, folders, resolve
from headwork.data.sources import check_file
from headwork.data.spans import read_spans
from headwork.data.split import SIDES, Side
from headwork.data.tables import suffix_of
from headwork.data.tagged import JSONL, PACKED, TaggedCorpus, settled
from headwork.data.words import Splitting

SPLIT_COLUMN = "column Split"
"""what a split may be by"""


class LogCorpus(TaggedCorpus):
    """Tagged lines; the test side also damaged."""

    @property
    def name(self) -> str:
        source = Path(self.facts.source)
        name = source.name.removesuffix(suffix_of(source, TABLES) or "") if source.suffix else self.facts.source
        return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "data"

    @property
    def splitting(self) -> Splitting:
        return "log"

    @cached_property
    def degraded(self) -> Degraded:
        """The test lines, damaged; always the same."""
        return degraded(self.part("test"))

    @cached_property
    def unseen(self) -> np.ndarray:
        """(n,) bool of the test lines: does no training line have such a content (its fields aside)?"""
        known = {template_of(line) for line in self.part("train").sentences}
        return np.array([template_of(line) not in known for line in self.part("test").sentences])


def prepare_logs(
    source: str | Path,
    *,
    format: str | None = None,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    rows: int | None = None,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
) -> LogCorpus:
    """Read, check and split log lines: a file, or the name of a data set.

    format: how a line is put together from the columns of a table; dev, test: files of official sides, which a table
    may also have in its column Split; rows: training lines that are kept, drawn at random.
    """
    found = resolve(source)
    others: Mapping[Side, str | Path | None] = {"dev": dev, "test": test}
    files = {**found.files, **{side: Path(path) for side, path in others.items() if path is not None}}
    if "train" not in files:
        raise HeadworkError(f"{source}: no log lines; name a table as loghub has them, or a file of texts with spans")
    read: dict[Side, ReadLog] = {side: _read(files[side], format, limits) for side in SIDES if side in files}
    if len({each.label_column for each in read.values()}) > 1:
        raise HeadworkError(
            f"{found.name}: some of its files are tables, others texts with spans; give files of one form"
        )
    lines = [line for each in read.values() for line in each.lines]
    given, by = _given(read, found.name)
    dropped = sum((each.dropped for each in read.values()), Counter())
    corpus = settled(
        found.name,
        given,
        lines,
        columns=(read["train"].text_column, read["train"].label_column),
        files=set(given) if by == SPLIT_COLUMN else read,
        notes=_notes(read.values()),
        seed=seed,
        limits=limits,
        kind=LogCorpus,
        unit="lines",
        split_by=by,
        unread=dropped,
        rows=rows,
        # A field that is one word in each of these lines may be several in the next.
        more_tags={f"I-{tag[2:]}" for line in lines for tag in line.tags if tag != OUTSIDE},
    )
    if not is_iob2(corpus.facts.classes):
        raise HeadworkError(f"{found.name}: its lines have no fields")
    return corpus


def known_logs() -> list[str]:
    """The tables of logs below HEADWORK_DATA, as paths that begin there."""
    tables = sorted(path for folder in folders() for path in folder.glob("*.csv"))
    return [f"{path.parent.name}/{path.name}" for path in tables if {CONTENT, TEMPLATE} <= _header(path)]


def _header(path: Path) -> set[str]:
    with path.open(encoding="utf-8", errors="replace") as file:
        return set(file.readline().strip().split(","))


def template_of(line: Sentence) -> tuple[str, ...]:
    """The words of its content that are no value, with a mark for each value; of the header nothing."""
    kept = [
        tag if tag == f"B-{VALUE}" else word
        for word, tag in zip(line.words, line.tags, strict=True)
        if tag in (OUTSIDE, f"B-{VALUE}")
    ]
    return tuple(kept)


def _read(path: Path, notation: str | None, limits: Limits) -> ReadLog:
    check_file(path, limits)
    if suffix_of(path, (JSONL, JSONL + PACKED)) is None:
        return read_log_table(path, limits, notation=notation)
    if notation:
        raise HeadworkError(f"--format: {path} holds whole lines with spans, none is put together; leave it out")
    lines, widened = read_spans(path, limits, tagged=True, splitting="log")
    return ReadLog(lines=lines, sides=[None] * len(lines), rows=len(lines), widened=widened)


def _given(read: dict[Side, ReadLog], source: str) -> tuple[list[Side], str]:
    """The side of each line, and what says so: its file, or the column Split of the only file."""
    named: list[Side | None] = [side for each in read.values() for side in each.sides]
    if not any(named):
        return [side for side, each in read.items() for _ in each.lines], "files"
    if len(read) > 1:
        raise HeadworkError(f"{source}: its column Split says which side a line is of; leave --dev and --test out")
    return [side for side in named if side is not None], SPLIT_COLUMN


def _notes(read: Iterable[ReadLog]) -> list[str]:
    read = list(read)
    notes = list(dict.fromkeys(note for each in read for note in each.notes))
    if widened := sum(each.widened for each in read):
        notes.append(f"{widened:,} lines have a field that begins or ends within a word, and was widened to it")
    return notes
