"""A table, formatted once for the page, the markdown file and the terminal."""

from typing import Literal

import msgspec

DASH = "–"


class Cell(msgspec.Struct, frozen=True):
    """What stands in a cell, and beneath it in small letters."""

    text: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.text} ({self.detail})" if self.detail else self.text


class Column(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    detail: str = ""
    """what the small letters are"""
    align: Literal["left", "right"] = "right"
    brief: Literal["whole", "text", "no"] = "no"
    """what of its cells is worth its width on a terminal of 100 characters"""

    def __str__(self) -> str:
        return f"{self.title} ({self.detail})" if self.detail else self.title


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The first cell names the row."""

    cells: list[Cell]
    marks: list[str] = []
    """words that set the row apart, such as best and verdict"""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    columns: list[Column]
    rows: list[Row]

    def brief(self) -> "Table":
        """The table with what a terminal has room for."""
        columns = [
            msgspec.structs.replace(column, detail=column.detail if column.brief == "whole" else "")
            for column in self.columns
            if column.brief != "no"
        ]
        return Table(columns=columns, rows=[self._brief(row) for row in self.rows])

    def _brief(self, row: Row) -> Row:
        cells = [
            cell if column.brief == "whole" else Cell(cell.text)
            for column, cell in zip(self.columns, row.cells, strict=True)
            if column.brief != "no"
        ]
        return msgspec.structs.replace(row, cells=cells)
