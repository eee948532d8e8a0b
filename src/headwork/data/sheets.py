"""Tables that questions are asked about, from files: one a file (csv, tsv, …), or one a line of tables.jsonl.

    {"id": "t1", "title": "…", "header": ["Nation", "Gold"], "rows": [["Norway", "14"], …]}      a line of tables.jsonl

Every row has as many cells as the header; a refusal names the line.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

import msgspec

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.base.sheets import Sheet
from headwork.data.sources import check_file, open_text
from headwork.data.tables import FORMATS, format_of, read_table

TABLES = ("tables.jsonl", "tables.jsonl.gz")
"""the file that holds the tables of a set, beside its questions"""


class _Line(msgspec.Struct):
    id: str | int
    header: list[str]
    rows: list[list[str | int | float | bool | None]]
    title: str = ""
    caption: str = ""


_line = msgspec.json.Decoder(_Line)


def read_sheet(path: Path, limits: Limits = DEFAULT_LIMITS) -> Sheet:
    """The table of one file."""
    if path.name in TABLES:
        raise HeadworkError(f"{path}: holds several tables; name a file of one, as {path.with_name('mine.csv')}")
    table = read_table(path, limits)
    if table.ragged:
        shown = ", ".join(str(row + 2) for row in table.ragged[:5])
        raise HeadworkError(
            f"{path}: row {shown} has not as many cells as the header, which has {len(table.columns)}; correct it there"
        )
    rows = zip(*([cell or "" for cell in column] for column in table.columns.values()), strict=True)
    return Sheet(str(path), tuple(table.columns), tuple(rows), path.name.partition(".")[0])


def read_sheets(path: Path, limits: Limits = DEFAULT_LIMITS) -> dict[str, Sheet]:
    """The tables of a tables.jsonl by their id, those without rows among them."""
    found: dict[str, Sheet] = {}
    check_file(path, limits)
    for number, line in _lines(path, limits):
        where = f"{path}, line {number}"
        sheet = _sheet(line, where, limits)
        if sheet.id in found:
            raise HeadworkError(f"{where}: a second table is called {sheet.id!r:.60}; rename one of them")
        found[sheet.id] = sheet
        limits.check("rows", len(found), str(path))
    return found


class Shelf:
    """The tables that a file of questions speaks of: those of a tables.jsonl beside it, and files of one table."""

    def __init__(self, folder: Path, limits: Limits = DEFAULT_LIMITS):
        self.folder, self.limits = folder, limits
        beside = next((folder / name for name in TABLES if (folder / name).is_file()), None)
        self.known = read_sheets(beside, limits) if beside else {}

    def table(self, name: str, where: str) -> Sheet:
        """HeadworkError where there is none of that name."""
        if name not in self.known:
            path = self.folder / name.replace("\0", " ")
            if not path.resolve().is_relative_to(self.folder.resolve()):
                raise HeadworkError(f"{where}: the table {name!r:.80} lies outside of {self.folder}; put it there")
            if not path.is_file():
                raise HeadworkError(
                    f"{where}: no table {name!r:.80}, neither as a file in {self.folder} nor in a tables.jsonl there"
                )
            if format_of(path) is None:
                raise HeadworkError(f"{path}: not a file of a table; they end in {', '.join(FORMATS)}")
            self.known[name] = read_sheet(path, self.limits)._replace(id=name)
        return self.known[name]


def _lines(path: Path, limits: Limits) -> Iterator[tuple[int, bytes]]:
    with open_text(path, limits) as stream:
        for number in itertools.count(1):
            line = stream.readline()
            if not line:
                return
            if not line.isspace():
                yield number, line


def _sheet(line: bytes, where: str, limits: Limits) -> Sheet:
    try:
        read = _line.decode(line.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError) as error:
        raise HeadworkError(f'{where}: {error}; expected {{"id": "…", "header": […], "rows": [[…], …]}}') from error
    limits.check("columns", len(read.header), where)
    limits.check("rows", len(read.rows), where)
    for place, row in enumerate(read.rows):
        if len(row) != len(read.header):
            raise HeadworkError(f"{where}: row {place} has {len(row)} cells, and the header {len(read.header)}")
    rows = tuple(tuple("" if cell is None else str(cell) for cell in row) for row in read.rows)
    for text in itertools.chain(read.header, *rows):
        limits.check("cell_characters", len(text), where)
    return Sheet(str(read.id), tuple(read.header), rows, read.title or read.caption)
