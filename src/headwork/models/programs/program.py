"""Programs over a table, and what comes out when one runs.

    rows     all, or those that pass the tests (all of them, or any); of these the first, the last, the one with the
             largest or smallest cell of a column; then the one before or behind, or all before or behind
    answer   cells of a column, their number, how many different ones, their sum, mean or range, the most or least
             frequent one, the difference of two rows; yes or no

After the lambda DCS of Pasupat and Liang 2015 and the functions of Krishnamurthy, Dasigi and Gardner 2017, "Neural
semantic parsing with type constraints for semi-structured tables".

Axes: n rows, M columns.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np

from headwork.base.values import Value, value_of, year_of
from headwork.models.programs.views import View

Test = Literal["is", "has", ">", "<", ">=", "<="]
TESTS: tuple[Test, ...] = ("is", "has", ">", "<", ">=", "<=")
Pick = Literal["every", "first", "last", "largest", "smallest"]
PICKS: tuple[Pick, ...] = ("every", "first", "last", "largest", "smallest")
Move = Literal["stay", "next", "previous", "after", "before"]
MOVES: tuple[Move, ...] = ("stay", "next", "previous", "after", "before")
Answer = Literal[
    "cells", "count", "distinct", "sum", "mean", "range", "most", "least", "difference", "exists", "more", "fewer"
]
ANSWERS: tuple[Answer, ...] = (
    *("cells", "count", "distinct", "sum", "mean", "range", "most", "least", "difference", "exists", "more", "fewer"),
)
YES, NO = "yes", "no"


class Filter(NamedTuple):
    """A test of one column, and the words of the question that it comes from, `start` to before `end`."""

    column: int
    test: Test
    words: tuple[str, ...] = ()
    """of the cell, for `is` and `has`"""
    number: float = 0.0
    """for the others; of dates a year"""
    start: int = 0
    end: int = 0
    shown: str = ""
    """as the cell or the question writes it"""


class Rows(NamedTuple):
    """Which rows are meant."""

    filters: tuple[Filter, ...] = ()
    any: bool = False
    """is one passed test enough"""
    pick: Pick = "every"
    by: int = -1
    """the column that `largest` and `smallest` compare"""
    move: Move = "stay"


class Program(NamedTuple):
    answer: Answer
    rows: Rows
    column: int = -1
    """that the answer is read from"""
    other: Rows | None = None
    """the rows that are compared with"""


class Outcome(NamedTuple):
    """What a program gives; `cells` are the (row, column) that it was read from."""

    answers: tuple[str, ...]
    cells: tuple[tuple[int, int], ...]


Places = tuple[int, ...]
"""of rows, ascending"""


def passing(test: Filter, view: View) -> np.ndarray:
    """(n,) true where a row passes."""
    if test.test == "is":
        return np.array([row[test.column] == test.words for row in view.words], dtype=bool)
    if test.test == "has":
        return np.array([holds(row[test.column], test.words) for row in view.words], dtype=bool)
    values = view.order[:, test.column]
    if view.kinds[test.column] == "date":
        values = year_of(values)
    compare = {">": np.greater, "<": np.less, ">=": np.greater_equal, "<=": np.less_equal}[test.test]
    return compare(values, test.number)  # false where there is no number


def holds(words: Sequence[str], part: Sequence[str]) -> bool:
    """Do the words stand there, one behind the other?"""
    size = len(part)
    return any(tuple(words[at : at + size]) == tuple(part) for at in range(len(words) - size + 1))


def rows_of(rows: Rows, view: View) -> Places:
    """The places of the rows, ascending."""
    passed = [passing(test, view) for test in rows.filters]
    chosen = np.ones(len(view), dtype=bool)
    if passed:
        chosen = np.any(passed, 0) if rows.any else np.all(passed, 0)
    return moved(picked(np.flatnonzero(chosen), rows.pick, rows.by, view), rows.move, len(view))


def picked(places: np.ndarray, pick: Pick, by: int, view: View) -> Places:
    """One of the rows, or several where their cells are equal; none where no cell can be compared."""
    if pick == "first":
        places = places[:1]
    elif pick == "last":
        places = places[-1:]
    elif pick != "every":
        values = view.order[places, by]
        places, values = places[~np.isnan(values)], values[~np.isnan(values)]
        if len(places):
            places = places[values == (values.max() if pick == "largest" else values.min())]
    return tuple(places.tolist())


def moved(places: Places, move: Move, size: int) -> Places:
    if move == "stay" or not places:
        return places
    if move == "after":
        return tuple(range(places[-1] + 1, size))
    if move == "before":
        return tuple(range(places[0]))
    step = 1 if move == "next" else -1
    return tuple(place + step for place in places if 0 <= place + step < size)


def run(program: Program, view: View) -> Outcome:
    """Nothing where the rows are none, or their cells hold no numbers that the answer needs."""
    rows = rows_of(program.rows, view)
    other = rows_of(program.other, view) if program.other else ()
    answers = answers_from(program, rows, other, view)
    return Outcome(answers, tuple(_read(program, rows, other, answers, view)) if answers else ())


def answers_from(program: Program, rows: Places, other: Places, view: View) -> tuple[str, ...]:
    """What `run` answers, the rows known."""
    kind, column = program.answer, program.column
    if kind == "exists":
        return (YES if rows else NO,)
    if kind == "count":
        return (str(len(rows)),)
    if not rows:
        return ()
    if kind == "cells":
        texts = dict.fromkeys(view.sheet.rows[row][column] for row in rows)
        return tuple(texts) if any(text.strip() for text in texts) else ()
    if kind == "distinct":
        return (str(len({view.values[row][column] for row in rows})),)
    if kind in ("most", "least"):
        return _by_frequency(kind, rows, column, view)
    return _reckoned(program, rows, other, view)


def _reckoned(program: Program, rows: Places, other: Places, view: View) -> tuple[str, ...]:
    kind, column = program.answer, program.column
    values = view.order[list(rows), column]
    if kind in ("difference", "more", "fewer"):
        theirs = view.order[list(other), column]
        if len(values) != 1 or len(theirs) != 1 or np.isnan([values[0], theirs[0]]).any():
            return ()
        if kind == "difference":
            return (number(abs(_years(values, column, view) - _years(theirs, column, view))[0]),)
        return (YES if (values[0] > theirs[0] if kind == "more" else values[0] < theirs[0]) else NO,)
    values = _years(values[~np.isnan(values)], column, view)
    if not len(values):
        return ()
    reckoned = {"sum": values.sum(), "mean": values.mean(), "range": values.max() - values.min()}[kind]
    return (number(reckoned),)


def _years(values: np.ndarray, column: int, view: View) -> np.ndarray:
    """Of dates their years, which are what is told of two of them."""
    return year_of(values) if view.kinds[column] == "date" else values


def _by_frequency(kind: Answer, rows: Places, column: int, view: View) -> tuple[str, ...]:
    """The value that stands most often, or least; several where they stand equally often."""
    shown: dict[Value, str] = {}
    for row in rows:
        shown.setdefault(view.values[row][column], view.sheet.rows[row][column])
    counts = Counter(view.values[row][column] for row in rows)
    counts.pop("", None)
    if len(counts) < 2:
        return ()
    wanted = max(counts.values()) if kind == "most" else min(counts.values())
    return tuple(shown[value] for value, count in counts.items() if count == wanted)


def _read(
    program: Program, rows: Places, other: Places, answers: tuple[str, ...], view: View
) -> Iterator[tuple[int, int]]:
    """The cells that an answer was read from: for a number of rows those that were tested."""
    if program.answer in ("count", "exists"):
        columns = list(dict.fromkeys(test.column for test in program.rows.filters)) or [0]
        yield from ((row, column) for row in rows for column in columns)
        return
    right = set(map(value_of, answers)) if program.answer in ("most", "least") else None
    for row in (*rows, *other):
        if right is None or view.values[row][program.column] in right:
            yield row, program.column


def number(value: float) -> str:
    """As people write it: no point behind whole numbers."""
    return f"{value:.6f}".rstrip("0").rstrip(".")
