"""The programs that a question may mean: all of a bounded space, run over its table.

A program stands for a reading of the question; what it is made of (`traits`) and the columns that it uses (`uses`) is
what models score. Of a question with more than `most` programs the simplest are kept, and the others counted.

Axes: P programs, n rows, M columns.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np

from headwork.base.values import Value, value_of
from headwork.models.programs.links import Question, linked, read_question
from headwork.models.programs.program import (
    Filter,
    Places,
    Program,
    Rows,
    answers_from,
    moved,
    passing,
    picked,
)
from headwork.models.programs.views import View

MOST = 700
"""programs of a question"""
MOST_ANSWERS = 30
"""values that an answer may have"""
PAIRED = 5
"""tests that are paired with each other"""


class Candidate(NamedTuple):
    """A program with what it gives."""

    program: Program
    denotation: frozenset[Value]


@dataclass(frozen=True)
class Candidates:
    """The programs of a question, simplest first."""

    question: Question
    tests: list[Filter]
    found: list[Candidate]
    left_out: int
    """programs beyond the bound"""

    def consistent(self, right: frozenset[Value]) -> np.ndarray:
        """(P,) true where a program gives the right answer."""
        return np.array([each.denotation == right for each in self.found], dtype=bool)


def candidates_of(text: str, view: View, *, most: int = MOST) -> Candidates:
    question = read_question(text)
    tests = linked(question, view)
    found: list[Candidate] = []
    left_out = 0
    for program, rows, other in _Space(view, tests).programs():
        if len(found) == most:
            left_out += 1
            continue
        answers = answers_from(program, rows, other, view)
        if 0 < len(answers) <= MOST_ANSWERS:
            found.append(Candidate(program, frozenset(map(value_of, answers))))
    return Candidates(question, tests, found, left_out)


Reading = tuple[Program, Places, Places]
"""a program with its rows, and those that they are compared with"""


class _Space:
    """All programs over a table, each set of rows found once."""

    def __init__(self, view: View, tests: Sequence[Filter]):
        self.view = view
        self.columns = range(view.width)
        self.ordered = [column for column in self.columns if view.ordered(column)]
        self.numbers = [column for column in self.columns if view.kinds[column] == "number"]
        passed = {test: passing(test, view) for test in tests}
        self.tests = [test for test in tests if passed[test].any()]
        self.sets: dict[Rows, np.ndarray] = {Rows(): np.ones(len(view), dtype=bool)}
        self.sets |= {Rows((test,)): passed[test] for test in self.tests}
        self.either: dict[Rows, np.ndarray] = {}
        for one, other in combinations([test for test in self.tests if test.test in ("is", "has")][:PAIRED], 2):
            if one.column == other.column and one.words != other.words:
                self.either[Rows((one, other), any=True)] = passed[one] | passed[other]
            elif one.column != other.column and (one.end <= other.start or other.end <= one.start):
                self.sets[Rows((one, other))] = passed[one] & passed[other]
        numeric = [test for test in self.tests if test.test not in ("is", "has")]
        for one in [test for test in self.tests if test.test in ("is", "has")][:2]:
            for other in numeric:
                if one.column != other.column and not one.start <= other.start < one.end:
                    self.sets[Rows((one, other))] = passed[one] & passed[other]

    def programs(self) -> Iterator[Reading]:
        """Simple ones first."""
        named = {rows: tuple(np.flatnonzero(chosen).tolist()) for rows, chosen in self.sets.items()}
        either = {rows: tuple(np.flatnonzero(chosen).tolist()) for rows, chosen in self.either.items()}
        for rows, places in named.items():
            if places:
                yield Program("count", rows), places, ()
        yield from self._cells({rows: places for rows, places in named.items() if rows.filters and places})
        yield from self._compared(named)
        yield from self._cells(dict(self._picked({Rows(): named[Rows()]})))
        yield from self._cells(dict(self._picked(either)))
        yield from self._cells(dict(self._moved(named)))
        yield from self._reckoned(named)
        single = {rows: places for rows, places in named.items() if len(rows.filters) == 1}
        yield from self._cells(dict(self._picked(single)))
        yield from ((Program("count", rows), places, ()) for rows, places in self._beyond(named))
        yield from ((Program("count", rows), places, ()) for rows, places in either.items())
        yield from self._existing(named)

    def _cells(self, sets: dict[Rows, Places]) -> Iterator[Reading]:
        for rows, places in sets.items():
            # A row is not asked for what it was found by, but where it was chosen of several.
            known = (
                () if rows.any or rows.move != "stay" else {test.column for test in rows.filters if test.test == "is"}
            )
            for column in self.columns:
                if column not in known and places:
                    yield Program("cells", rows, column), places, ()

    def _picked(self, sets: dict[Rows, Places]) -> Iterator[tuple[Rows, Places]]:
        for rows, places in sets.items():
            if len(places) < 2:
                continue
            chosen = np.array(places)
            if not rows.any:
                for pick in ("first", "last"):
                    yield rows._replace(pick=pick), picked(chosen, pick, -1, self.view)
            for by in self.ordered:
                for pick in ("largest", "smallest"):
                    yield rows._replace(pick=pick, by=by), picked(chosen, pick, by, self.view)

    def _moved(self, sets: dict[Rows, Places]) -> Iterator[tuple[Rows, Places]]:
        for rows, places in sets.items():
            if len(rows.filters) == 1 and len(places) == 1:
                for move in ("next", "previous"):
                    yield rows._replace(move=move), moved(places, move, len(self.view))

    def _beyond(self, sets: dict[Rows, Places]) -> Iterator[tuple[Rows, Places]]:
        for rows, places in sets.items():
            if len(rows.filters) == 1 and len(places) == 1:
                for move in ("after", "before"):
                    yield rows._replace(move=move), moved(places, move, len(self.view))

    def _reckoned(self, sets: dict[Rows, Places]) -> Iterator[Reading]:
        for rows, places in sets.items():
            for column in self.columns:
                yield Program("distinct", rows, column), places, ()
                if len(places) > 1:
                    yield Program("most", rows, column), places, ()
                    yield Program("least", rows, column), places, ()
            for column in self.numbers:
                if len(places) > 1:
                    yield Program("sum", rows, column), places, ()
                    yield Program("mean", rows, column), places, ()
            if len(places) > 1:
                for column in self.ordered:
                    yield Program("range", rows, column), places, ()

    def _compared(self, sets: dict[Rows, Places]) -> Iterator[Reading]:
        """Of two rows that the question names by the same column."""
        alone = [
            rows
            for rows, places in sets.items()
            if len(rows.filters) == 1 and len(places) == 1 and rows.filters[0].test in ("is", "has")
        ][:PAIRED]
        for one, other in combinations(alone, 2):
            if one.filters[0].column != other.filters[0].column or sets[one] == sets[other]:
                continue
            if one.filters[0].start > other.filters[0].start:
                one, other = other, one
            for column in self.ordered:
                for answer in ("difference", "more", "fewer"):
                    yield Program(answer, one, column, other), sets[one], sets[other]

    def _existing(self, sets: dict[Rows, Places]) -> Iterator[Reading]:
        for rows, places in sets.items():
            if rows.filters:
                yield Program("exists", rows), places, ()
