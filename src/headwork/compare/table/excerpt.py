"""The part of a table that an answer was read from: the rows of its cells, their neighbours, and the columns around."""

from collections.abc import Sequence

from headwork.base.sheets import Sheet
from headwork.base.table import ShownCell, ShownSheet

MOST_ROWS, MOST_COLUMNS = 6, 8
CHARACTERS = 60
"""of a cell"""


def excerpt(sheet: Sheet, cells: Sequence[tuple[int, int]]) -> ShownSheet:
    """The first rows with a cell, filled up with the first rows of the table; in the order of the table."""
    marked = set(cells)
    wanted = dict.fromkeys([*(row for row, _ in cells), *range(len(sheet.rows))])
    rows = sorted(list(wanted)[:MOST_ROWS])
    needed = dict.fromkeys([*(column for _, column in cells), *range(len(sheet.header))])
    columns = sorted(list(needed)[:MOST_COLUMNS])
    return ShownSheet(
        header=[short(sheet.header[column]) for column in columns],
        rows=[
            [ShownCell(text=short(sheet.rows[row][column]), read=(row, column) in marked) for column in columns]
            for row in rows
        ],
        left_out=len(sheet.rows) - len(rows),
        columns_left_out=len(sheet.header) - len(columns),
    )


def short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= CHARACTERS else plain[: CHARACTERS - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
