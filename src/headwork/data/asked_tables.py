"""A file of questions about tables, or of statements on them: a row each, with the name of its table.

    question    table       answer  or  answers     (a list in jsonl; in csv parted by |)
    statement   table       label

An `id` may stand beside them. The table is looked for in the tables.jsonl that lies beside the file, then as a file.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.base.sheets import Asked, Sheet
from headwork.data.cells import Cell
from headwork.data.jsonl import LIST_GAP
from headwork.data.sheets import Shelf
from headwork.data.tables import FORMATS, Table, read_table

TEXTS = ("question", "statement")
Kind = Literal["answers", "labels"]
NAMES: dict[str, Kind] = {"answers": "answers", "answer": "answers", "label": "labels"}
"""columns that say what is right, and what kind of it"""
FILES = tuple(f"questions{end}" for end in FORMATS)
"""what a folder of questions and tables holds"""


class Row(NamedTuple):
    asked: Asked
    right: tuple[str, ...] | None
    """the answers, or the label alone; None where the file does not say"""
    id: str
    where: str


def questions_in(source: Path) -> Path:
    """The file itself, or that of a folder."""
    if not source.is_dir():
        return source
    found = [source / name for name in FILES if (source / name).is_file()]
    if len(found) != 1:
        told = " and ".join(path.name for path in found) or "none of these"
        raise HeadworkError(f"{source}: a folder of tables needs one file of {', '.join(FILES)}; found {told}")
    return found[0]


def read_asked(path: Path, limits: Limits, *, sheet: Sheet | None = None) -> tuple[list[Row], Kind | None]:
    """The rows in their order, and what is right of them; `sheet` is the table of all rows that name none."""
    table = read_table(path, limits)
    text, named, right = _columns(table, need_table=sheet is None)
    shelf = Shelf(path.parent, limits)
    ids = table.columns.get("id", [None] * table.rows)
    rows = []
    for place in range(table.rows):
        where = f"{path}, row {place + 1}"
        name = (table.columns[named][place] or "").strip() if named else ""
        if not name and sheet is None:
            raise HeadworkError(f"{where}: it names no table; give one")
        about = shelf.table(name, where) if name else sheet
        assert about is not None
        said = _right(table.columns[right][place], right, path) if right else None
        rows.append(Row(Asked(table.columns[text][place] or "", about), said, ids[place] or f"row {place + 1}", where))
    return rows, NAMES[right] if right else None


def _columns(table: Table, *, need_table: bool) -> tuple[str, str | None, str | None]:
    """The columns of the text, of the table, and of what is right."""
    listed = ", ".join(table.columns)
    text = next((name for name in TEXTS if name in table.columns), None)
    if text is None or (need_table and "table" not in table.columns):
        raise HeadworkError(
            f"{table.source}: expected columns question (or statement), table, and answer, answers or label; found "
            f"{listed:.200}"
        )
    right = next((name for name in NAMES if name in table.columns), None)
    return text, "table" if "table" in table.columns else None, right


def _right(cell: Cell, column: str, path: Path) -> tuple[str, ...]:
    if cell is None:
        return ()
    if column != "answers":
        return (cell.strip(),)
    gap = LIST_GAP if ".jsonl" in path.name else "|"
    return tuple(part.strip() for part in cell.split(gap))


def sheets_of(rows: Sequence[Row]) -> list[Sheet]:
    """The different tables, in their order."""
    return list({id(row.asked.sheet): row.asked.sheet for row in rows}.values())
