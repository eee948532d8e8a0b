"""Which labels a row has: from columns of 0 and 1, one a label, or from the cells of one column that hold several.

A cell may be a JSON list, or names with a separator between them: that of SEPARATORS which most cells have, unless one
is named. Where all labels are whole numbers and a file `labels.txt` lies beside the data, a label is a line of it,
counted from 0. A row may have no label at all.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.data.cells import Cell
from headwork.data.columns import is_number
from headwork.data.lines import read_lines
from headwork.data.split import Side
from headwork.data.tables import Table

SEPARATORS = {
    "\n\n": "is a list of labels",  # readers of jsonl and parquet part the items of a list by an empty line
    ",": "holds labels with ',' between them",
    ";": "holds labels with ';' between them",
    "|": "holds labels with '|' between them",
}
"""and what a cell with it is"""
JSON = "json"
"""named in place of a separator: cells are lists as in ["joy", "love"]"""
TRUTHS = {"true": 1.0, "false": 0.0}
NAMES_FILE = "labels.txt"

LabelSet = tuple[str, ...]
"""different names, sorted"""
Sets = dict[Side, list[LabelSet]]
"""of each table its rows, those of ragged rows empty"""

_list = msgspec.json.Decoder(list[str | int])


def sets_of_columns(tables: Mapping[Side, Table], names: Sequence[str]) -> tuple[Sets, list[str]]:
    """From columns where a row has 0 or 1, or a count of votes; and what is to be noted."""
    counted = False
    found: Sets = {}
    for side, table in tables.items():
        has = {name: _numbers(table, name) for name in names}
        counted = counted or any(max(column, default=0) > 1 for column in has.values())
        found[side] = [tuple(sorted(name for name in names if has[name][place] > 0)) for place in range(table.rows)]
    return found, ["the label columns hold counts: a label is there where its count is above 0"] if counted else []


def sets_of_cells(
    tables: Mapping[Side, Table], column: str, *, separator: str | None, limits: Limits
) -> tuple[Sets, list[str]]:
    """From the cells of one column; and what is to be noted."""
    given = separator
    separator = given or found_separator([cell for table in tables.values() for cell in table.columns[column]])
    sets: Sets = {side: _parted(table, column, separator) for side, table in tables.items()}
    notes = [] if given else [_told(column, separator)]
    names = _names_beside(tables, sets, limits)
    if names is not None:
        for side, table in tables.items():
            sets[side] = [_named(table, place, labels, names) for place, labels in enumerate(sets[side])]
        notes.append(f"labels are numbers of lines of {NAMES_FILE}, counted from 0")
    return sets, notes


def found_separator(cells: Sequence[Cell]) -> str:
    """JSON, the separator that most cells have, or none."""
    filled = [cell.strip() for cell in cells if cell and cell.strip()]
    if filled and all(cell.startswith("[") and cell.endswith("]") for cell in filled):
        return JSON
    many = {separator: sum(separator in cell for cell in filled) for separator in SEPARATORS}
    most = max(many, key=lambda separator: many[separator])
    return most if many[most] else ""


def _told(column: str, separator: str) -> str:
    held = "is a JSON list of labels" if separator == JSON else SEPARATORS.get(separator, "holds one label at most")
    return f"a cell of {column!r} {held}; --separator names what else stands between labels"


def _parted(table: Table, column: str, separator: str) -> list[LabelSet]:
    found = []
    for place, cell in enumerate(table.columns[column], 1):
        parts: Sequence[str | int] = [cell or ""]
        if separator == JSON:
            parts = _decoded(table, place, cell) if cell and cell.strip() else []
        elif separator:
            parts = (cell or "").split(separator)
        found.append(tuple(sorted({str(part).strip() for part in parts} - {""})))
    return found


def _decoded(table: Table, place: int, cell: str) -> list[str | int]:
    try:
        return _list.decode(cell)
    except msgspec.DecodeError as error:
        raise HeadworkError(
            f'{table.source}, row {place} of the data: {cell!r:.60} is no JSON list of labels such as ["joy", "love"]; '
            "correct it, or name what parts the labels with --separator"
        ) from error


def _numbers(table: Table, name: str) -> list[float]:
    """A column as numbers that say whether a label is there; those of ragged rows are 0."""
    ragged, found = set(table.ragged), []
    for place, cell in enumerate(table.columns[name]):
        if place in ragged:
            found.append(0.0)
            continue
        text = (cell or "").strip().lower()
        value = TRUTHS.get(text, float(text) if is_number(text) else -1.0)
        if value < 0 or not value.is_integer():
            what = f"{cell!r:.60} is" if text else "an empty cell is"
            raise HeadworkError(
                f"{table.source}, row {place + 1} of the data: {what} neither 0 nor 1 (column {name!r}); label columns "
                "hold 0, 1, true, false or a count of votes"
            )
        found.append(value)
    return found


def _names_beside(tables: Mapping[Side, Table], sets: Sets, limits: Limits) -> list[str] | None:
    """The lines of the file beside the data, where all labels are whole numbers."""
    file = Path(next(iter(tables.values())).source).parent / NAMES_FILE
    used = {label for rows in sets.values() for labels in rows for label in labels}
    if not used or not all(label.isascii() and label.isdigit() for label in used) or not file.is_file():
        return None
    names = [line.strip() for line in read_lines(file, limits)]
    if len(set(names)) < len(names) or "" in names:
        raise HeadworkError(f"{file}: a line is empty or stands there twice; each names the label of its number")
    return names


def _named(table: Table, place: int, labels: LabelSet, names: Sequence[str]) -> LabelSet:
    for label in labels:
        if int(label) >= len(names):
            raise HeadworkError(
                f"{table.source}, row {place + 1} of the data: label {label}, but {NAMES_FILE} beside it has "
                f"{len(names)} lines, 0 to {len(names) - 1}; correct either, or move {NAMES_FILE} away"
            )
    return tuple(sorted(names[int(label)] for label in labels))
