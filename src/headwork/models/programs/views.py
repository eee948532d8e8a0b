"""A table as programs see it: the value of every cell, what a column holds, and the order of its cells.

Axes: n rows, M columns.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import numpy as np

from headwork.base.sheets import Sheet
from headwork.base.values import Value, measure_of, value_of
from headwork.base.words import words_of

Kind = Literal["text", "number", "date"]
KINDS: tuple[Kind, Kind, Kind] = ("text", "number", "date")
MOSTLY = 0.6
"""share of the cells with a text that must be numbers or dates"""


class View:
    """Made once for each table."""

    def __init__(self, sheet: Sheet):
        self.sheet = sheet
        measures = [[measure_of(cell) for cell in row] for row in sheet.rows]
        self.kinds = [self._kind([row[column] for row in measures], column) for column in range(self.width)]
        self.order = np.full((len(self), self.width), np.nan)
        """(n, M) what cells of numbers and dates are ordered by; nan elsewhere"""
        for row, found in enumerate(measures):
            for column, measure in enumerate(found):
                if measure is not None and measure[1] == (self.kinds[column] == "date"):
                    self.order[row, column] = measure[0]

    def __len__(self) -> int:
        return len(self.sheet.rows)

    @property
    def width(self) -> int:
        return len(self.sheet.header)

    @cached_property
    def values(self) -> list[list[Value]]:
        """(n, M)"""
        return [[value_of(cell) for cell in row] for row in self.sheet.rows]

    @cached_property
    def words(self) -> list[list[tuple[str, ...]]]:
        """(n, M) the words of each cell."""
        return [[tuple(map(stem, words_of(cell))) for cell in row] for row in self.sheet.rows]

    @cached_property
    def names(self) -> list[tuple[str, ...]]:
        """(M) the words of the header."""
        return [tuple(map(stem, words_of(name))) for name in self.sheet.header]

    def ordered(self, column: int) -> bool:
        """Can its cells be compared?"""
        return self.kinds[column] != "text"

    def _kind(self, measures: Sequence[tuple[float, bool] | None], column: int) -> Kind:
        filled = sum(bool(row[column].strip()) for row in self.sheet.rows)
        dates = sum(measure is not None and measure[1] for measure in measures)
        numbers = sum(measure is not None for measure in measures) - dates
        if filled and max(dates, numbers) >= MOSTLY * filled:
            return "date" if dates > numbers else "number"
        return "text"


def stem(word: str) -> str:
    """Without the s of a plural."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
