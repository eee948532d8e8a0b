"""Tables of logs as loghub has them: columns of the header, the content, and its template with `<*>` for each value.

    LineId,Time,Level,Content,EventId,EventTemplate,Split
    1,Sun Dec 04 04:47:44 2005,notice,workerEnv.init() ok /etc/httpd/conf,E2,workerEnv.init() ok <*>,train

A line is put together from its columns (`headwork.data.log_format`), and its fields stand where they were put. Values
of the content stand where the template has `<*>`.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.base.parse_log import VALUE
from headwork.base.wildcards import Gap, gaps_in
from headwork.data.conll import Sentence
from headwork.data.log_format import CONTENT, Format, format_of_columns
from headwork.data.spans import Named, with_spans
from headwork.data.split import SIDES, Side
from headwork.data.tables import Table, read_table

TEMPLATE, ANYTHING = "EventTemplate", "<*>"
SPLIT = "Split"
ABOUT = {"LineId", "EventId", TEMPLATE, SPLIT}
"""columns of loghub that are no part of a line"""
BLANKS = re.compile(r"\s+")
OF_PANDAS = re.compile(r"\d+\.0")
"""an integer, as pandas writes it where other rows of the column have none"""


@dataclass
class ReadLog:
    """The lines of a file in words with the tags of their fields, and what became of the others."""

    lines: list[Sentence] = field(default_factory=list)
    sides: list[Side | None] = field(default_factory=list)
    """of the column Split, where there is one"""
    text_column: str = "text"
    label_column: str = "spans"
    rows: int = 0
    widened: int = 0
    """lines with a field that begins or ends within a word"""
    dropped: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def read_log_table(path: Path, limits: Limits, *, notation: str | None) -> ReadLog:
    """Lines from columns; `notation` says how, where the columns are not those of a system of loghub."""
    table = read_table(path, limits)
    for name in (CONTENT, TEMPLATE):
        if name not in table.columns:
            raise HeadworkError(
                f"{path}: no column {name!r} among {', '.join(table.columns)}; a table of logs has {CONTENT} and "
                f"{TEMPLATE}, else give a .jsonl file of texts with spans"
            )
    chosen, told = _format(table, notation)
    read = ReadLog(text_column=CONTENT, label_column=TEMPLATE, rows=table.rows, notes=[told])
    cells = {name: [(cell or "").strip() for cell in table.columns[name]] for name in {*chosen.fields, TEMPLATE}}
    for name in chosen.header:
        cells[name] = _mended(name, cells[name], read)
    sides = _sides(table)
    for row in range(table.rows):
        own = {name: column[row] for name, column in cells.items()}
        line = _line(own, chosen, read)
        if line is not None:
            read.lines.append(line)
            read.sides.append(sides[row] if sides else None)
    return read


def values_of(template: str, content: str) -> list[Gap] | None:
    """Where values stand in the content; None where it does not fit. Blanks may be of another number."""
    blanks = [(found.start(), found.end()) for found in BLANKS.finditer(content)]
    gaps = gaps_in([BLANKS.sub(" ", part) for part in template.split(ANYTHING)], BLANKS.sub(" ", content))
    if gaps is None or all(end - start == 1 for start, end in blanks):
        return gaps
    left_out = {place for start, end in blanks for place in range(start + 1, end)}
    places = [place for place in range(len(content) + 1) if place not in left_out]
    return [(places[start], places[end]) for start, end in gaps]


def _line(cells: dict[str, str], chosen: Format, read: ReadLog) -> Sentence | None:
    """The line of a row, or None with a count of why not."""
    text, fields, begin = chosen.line(cells)
    if not cells[CONTENT]:
        read.dropped["without content"] += 1
        return None
    if "\n" in text or "\r" in text:
        read.dropped["with a line break within"] += 1
        return None
    values = values_of(cells[TEMPLATE], cells[CONTENT])
    if values is None:
        read.dropped["content does not fit its template"] += 1
        return None
    spans = [Named(*entity) for entity in fields]
    spans += [
        Named(begin + start, begin + end, VALUE) for start, end in values if _says_something(cells[CONTENT], start, end)
    ]
    marked = with_spans(text, spans, "log")
    if marked.lost:
        read.dropped["two fields share a word"] += 1
        return None
    read.widened += bool(marked.widened)
    return marked.sentence


def _says_something(content: str, start: int, end: int) -> bool:
    """Does anything but blanks stand there? A value may be empty, as in `user=`."""
    return bool(content[start:end].strip())


def _format(table: Table, notation: str | None) -> tuple[Format, str]:
    """The format of the lines, and what to tell of it."""
    columns = [name for name in table.columns if name not in ABOUT]
    if notation is None:
        known = format_of_columns(columns)
        if known is None:
            raise HeadworkError(
                f"{table.source}: {', '.join(columns)} are the columns of no system of loghub that is known here; say "
                f"how a line is put together, as in --format '[<{columns[0]}>] <{CONTENT}>'"
            )
        system, notation = known
        return Format(notation), f"lines are put together as {notation} (that of {system}, by the columns)"
    chosen = Format(notation)
    if strange := [name for name in chosen.fields if name not in table.columns]:
        raise HeadworkError(f"--format: no column {strange[0]!r} in {table.source}; it has {', '.join(table.columns)}")
    return chosen, f"lines are put together as {notation}"


def _mended(name: str, column: list[str], read: ReadLog) -> list[str]:
    """Integers without the .0 that pandas gives them in a column with gaps."""
    if not all(OF_PANDAS.fullmatch(cell) for cell in column if cell) or all(column) or not any(column):
        return column
    read.notes.append(f"{name} has gaps and integers that end in .0, as pandas writes them; the .0 is left out")
    return [cell.removesuffix(".0") for cell in column]


def _sides(table: Table) -> Sequence[Side] | None:
    """Of the column Split."""
    if SPLIT not in table.columns:
        return None
    found = [(cell or "").strip().lower() for cell in table.columns[SPLIT]]
    names: dict[str, Side] = {side: side for side in SIDES}
    for row, name in enumerate(found, 1):
        if name not in names:
            raise HeadworkError(f"{table.source}, row {row}: {SPLIT} is {name!r:.40}; expected {', '.join(SIDES)}")
    return [names[name] for name in found]
