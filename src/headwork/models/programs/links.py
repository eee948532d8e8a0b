"""Where the words of a question stand in a table: tests of rows that the question may mean.

    is      a whole cell is a run of the question's words
    has     a run of the question's words is a part of a cell, and of not all cells of its column
    > <     a number of the question, in a column whose cells can be compared

A run of words that is part of a longer one with a link in the same column gives none.

Axes: Q words of the question.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from headwork.base.values import NUMBER, year_of
from headwork.base.words import WORD
from headwork.models.programs.program import TESTS, Filter
from headwork.models.programs.views import View, stem

MOST_WORDS = 8
"""of a run"""
CELL_WORDS = 24
"""of a cell that runs are looked for in"""
MOST_TEXTS, MOST_NUMBERS = 10, 16
"""tests that are kept"""
STOP = frozenset(
    "a an the of in on at to for by from with and or is are was were be been did do does has have had what which who "
    "whom whose when where why how many much long old that this these those than then as it its he she they his her "
    "their there not no more most less least first last next after before any all each only other total number".split()
)
"""words that alone are no sign of a cell"""

_WRITTEN = "two three four five six seven eight nine ten eleven twelve"
DIGITS: dict[str, str] = {word: str(number) for number, word in enumerate(_WRITTEN.split(), 2)}
"""numbers that are written out"""


class Question(NamedTuple):
    """words: (Q) stems; numbers: what some of them say, by their place."""

    words: tuple[str, ...]
    numbers: dict[int, float]


def read_question(text: str) -> Question:
    found = [match.group().casefold() for match in WORD.finditer(text)]
    found = [DIGITS.get(word, word) for word in found]
    numbers = {place: float(word) for place, word in enumerate(found) if word in DIGITS.values()}
    for place, match in enumerate(WORD.finditer(text)):
        amount = re.match(NUMBER.pattern, text[match.start() :])
        if amount:
            numbers[place] = float(amount[0].replace(",", ""))
    return Question(tuple(map(stem, found)), numbers)


def linked(question: Question, view: View) -> list[Filter]:
    """The tests, longest runs first, whole cells before parts of cells, and those of numbers last."""
    texts = [test for column in range(view.width) for test in _of_column(question.words, column, view)]
    texts.sort(key=lambda test: (test.test != "is", -(test.end - test.start), test.start, test.column))
    return [*texts[:MOST_TEXTS], *list(_of_numbers(question, view))[:MOST_NUMBERS]]


def _of_column(words: Sequence[str], column: int, view: View) -> Iterator[Filter]:
    whole: dict[tuple[str, ...], int] = {}
    """the first row whose cell consists of these words"""
    parts: dict[tuple[str, ...], set[int]] = {}
    """rows whose cell has them; only of words that the question has"""
    asked = set(words)
    for row, cells in enumerate(view.words):
        cell = cells[column]
        if cell and len(cell) <= MOST_WORDS and asked.issuperset(cell):
            whole.setdefault(cell, row)
        for run in _runs(cell[:CELL_WORDS], asked):
            parts.setdefault(run, set()).add(row)
    taken: list[tuple[int, int]] = []
    for start, end in _spans(len(words)):
        run = tuple(words[start:end])
        if any(first <= start and end <= last for first, last in taken):
            continue
        if run in whole and not (run[0] in STOP and len(run) == 1):
            shown = view.sheet.rows[whole[run]][column]
            yield Filter(column, "is", run, start=start, end=end, shown=" ".join(shown.split()))
        elif 0 < len(parts.get(run, ())) < max(len(view), 2) and not STOP.issuperset(run):
            yield Filter(column, "has", run, start=start, end=end, shown=" ".join(run))
        else:
            continue
        taken.append((start, end))


def _runs(cell: Sequence[str], asked: set[str]) -> Iterator[tuple[str, ...]]:
    for start, word in enumerate(cell):
        for end in range(start + 1, min(start + MOST_WORDS, len(cell)) + 1):
            if word not in asked or cell[end - 1] not in asked:
                break
            yield tuple(cell[start:end])


def _spans(size: int) -> Iterator[tuple[int, int]]:
    """Longest first."""
    for length in range(min(MOST_WORDS, size), 0, -1):
        for start in range(size - length + 1):
            yield start, start + length


def _of_numbers(question: Question, view: View) -> Iterator[Filter]:
    for place, value in question.numbers.items():
        for column in range(view.width):
            if not view.ordered(column):
                continue
            cells = view.order[:, column]
            cells = year_of(cells) if view.kinds[column] == "date" else cells
            if np.isnan(cells).all() or not np.nanmin(cells) <= value <= np.nanmax(cells):
                continue
            for test in TESTS[2:]:
                yield Filter(column, test, number=value, start=place, end=place + 1)
