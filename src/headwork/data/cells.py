"""Columns of text that grow piece by piece, each piece checked against the limits before the next is read."""

from collections.abc import Mapping, Sequence

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits

Cell = str | None
"""the text of one cell; None where the row has none"""


class Cells:
    """What a reader has read so far."""

    def __init__(self, source: str, limits: Limits):
        self.columns: dict[str, list[Cell]] = {}
        self.rows = 0
        self._characters = 0
        self._source = source
        self._limits = limits

    def add(self, rows: int, piece: Mapping[str, list[Cell]]) -> None:
        """Append `rows` rows; a column that the piece or the rows before it lack is filled with None."""
        self._limits.check("rows", self.rows + rows, self._source)
        self._limits.check("columns", len(self.columns.keys() | piece.keys()), self._source)
        for name, column in piece.items():
            lengths = [len(cell) for cell in column if cell is not None]
            self._limits.check("cell_characters", max(lengths, default=0), f"{self._source}, column {name!r}")
            self._characters += sum(lengths)
        self._limits.check("unpacked_bytes", self._characters, self._source)
        for name in piece:
            self.columns.setdefault(name, [None] * self.rows)
        for name, column in self.columns.items():
            column += piece.get(name, [None] * rows)
        self.rows += rows

    def put_gaps(self, places: Sequence[int]) -> None:
        """Put in rows of None so that they stand at the ascending indices `places`."""
        self._limits.check("rows", self.rows + len(places), self._source)
        self.columns = {name: _with_gaps(column, places) for name, column in self.columns.items()}
        self.rows += len(places)


def check_names(names: Sequence[str], source: str) -> None:
    """Refuse a header that has a name twice: which of the columns is meant could not be said."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise HeadworkError(f"{source}: more than one column is called {twice[0]!r:.60}; rename one of them")


def _with_gaps(column: list[Cell], places: Sequence[int]) -> list[Cell]:
    whole: list[Cell] = []
    for gaps, place in enumerate(places):
        whole += column[len(whole) - gaps : place - gaps]
        whole.append(None)
    return whole + column[len(whole) - len(places) :]


def row_bytes(limits: Limits) -> int:
    """How long a row may be in its file: a cell at its limit with each character an escaped pair (\\uXXXX\\uXXXX), and
    room for the other cells. Arrow takes a signed 32-bit number."""
    return min(12 * limits.cell_characters + (1 << 20), (1 << 31) - 1)
