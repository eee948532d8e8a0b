"""What a program is made of, as places of potentials that a model fills in: its score is the sum of them.

    score(z | question, table) = sum over traits t of z: A[t]  +  sum over (role r, column c) of z: B[c, r]

A trait is a choice of an operation, or how well the program fits the words (a link of two words, one link unused). A
role is what a column is used for. A model of either kind gives A from the question, and B from question and column:
the log-linear model of Pasupat and Liang 2015 with features of both, a network with vectors of both.

Axes: P programs, S slots of a program, T traits, R roles, M columns.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from headwork.base.values import Date
from headwork.models.programs.enumeration import Candidate, Candidates
from headwork.models.programs.program import ANSWERS, MOVES, PICKS, TESTS, Filter, Program
from headwork.models.programs.views import KINDS, View

LINKED = ("1", "2", "3+")
"""words of a link"""
FEW = ("0", "1", "2+")
AMOUNTS = ("one", "several")
OUTCOMES = ("text", "number", "date", "zero", "nothing")
TRAITS: tuple[str, ...] = (
    *(f"answer:{kind}" for kind in ANSWERS),
    *(f"gives:{kind}:{amount}" for kind in OUTCOMES for amount in AMOUNTS),
    *(f"cells:{kind}:{amount}" for kind in KINDS for amount in AMOUNTS),
    *(f"pick:{pick}:{'some' if some else 'all'}" for pick in PICKS for some in (False, True)),
    *(f"move:{move}" for move in MOVES[1:]),
    *(f"test:{test}" for test in TESTS),
    *(f"linked:{test}:{words}" for test in ("is", "has") for words in LINKED),
    *(f"worded:{said}:{test}" for said in ("up", "down", "neither") for test in TESTS[2:]),
    *(f"unused:{few}" for few in FEW),
    *(f"tests:{few}" for few in FEW),
    "any",
)
TRAIT = {name: place for place, name in enumerate(TRAITS)}
ROLES = ("target", "counted", "reckoned", "frequent", "compared", "largest", "smallest", "tested", "above", "below")
ROLE = {name: place for place, name in enumerate(ROLES)}
ROLE_OF = {
    "cells": "target",
    "distinct": "counted",
    **dict.fromkeys(("sum", "mean", "range"), "reckoned"),
    **dict.fromkeys(("most", "least"), "frequent"),
    **dict.fromkeys(("difference", "more", "fewer"), "compared"),
}
ROLE_OF_TEST = {"is": "tested", "has": "tested", ">": "above", ">=": "above", "<": "below", "<=": "below"}
UP = frozenset("more over above greater higher larger exceed least after since longer older".split())
DOWN = frozenset("less fewer under below lower smaller most before shorter younger".split())
"""words beside a number that say which side of it is meant"""
BEFORE, BEHIND = 3, 2
"""words that count as beside it"""
SLOTS = 16
"""of a program at most"""
NONE = -1


def slots_of(candidates: Candidates, view: View) -> np.ndarray:
    """(P, SLOTS) int16: a trait t as t, a column c in a role r as T + R c + r; NONE behind them."""
    found = np.full((len(candidates.found), SLOTS), NONE, dtype=np.int16)
    spans = spans_of(candidates.tests)
    for row, candidate in enumerate(candidates.found):
        slots = [
            *(TRAIT[name] for name in traits_of(candidate, view, spans, candidates.question.words)),
            *map(_place, uses_of(candidate.program)),
        ]
        found[row, : len(slots)] = slots
    return found


def traits_of(
    candidate: Candidate, view: View, spans: Sequence[tuple[int, int]], words: Sequence[str]
) -> Iterator[str]:
    """`spans` are runs of the question's `words` that are linked to the table."""
    program, rows = candidate.program, candidate.program.rows
    several = "several" if len(candidate.denotation) > 1 else "one"
    yield f"answer:{program.answer}"
    yield f"gives:{_kind(candidate)}:{several}"
    if program.answer == "cells":
        yield f"cells:{view.kinds[program.column]}:{several}"
    if rows.pick != "every":
        yield f"pick:{rows.pick}:{'some' if rows.filters else 'all'}"
    if rows.move != "stay":
        yield f"move:{rows.move}"
    if rows.any:
        yield "any"
    tests = [*rows.filters, *(program.other.filters if program.other else ())]
    for test in tests[:2]:
        yield f"test:{test.test}"
        if test.test in ("is", "has"):
            yield f"linked:{test.test}:{LINKED[min(test.end - test.start, 3) - 1]}"
        else:
            yield f"worded:{worded(test, words)}:{test.test}"
    yield f"tests:{FEW[min(len(tests), 2)]}"
    unused = sum(not any(_meet(span, (test.start, test.end)) for test in tests) for span in spans)
    yield f"unused:{FEW[min(unused, 2)]}"


def worded(test: Filter, words: Sequence[str]) -> str:
    """What the words beside a number say: more than it, less, or neither."""
    near = {*words[max(0, test.start - BEFORE) : test.start], *words[test.end : test.end + BEHIND]}
    return "up" if near & UP else "down" if near & DOWN else "neither"


def uses_of(program: Program) -> Iterator[tuple[int, str]]:
    """Columns and their roles."""
    if program.answer in ROLE_OF:
        yield program.column, ROLE_OF[program.answer]
    if program.rows.by >= 0:
        yield program.rows.by, program.rows.pick
    for test in [*program.rows.filters, *(program.other.filters if program.other else ())][:2]:
        yield test.column, ROLE_OF_TEST[test.test]


def _place(use: tuple[int, str]) -> int:
    column, role = use
    return len(TRAITS) + len(ROLES) * column + ROLE[role]


def _kind(candidate: Candidate) -> str:
    value = next(iter(candidate.denotation))
    if isinstance(value, Date):
        return "date"
    if isinstance(value, float):
        return "number" if value else "zero"
    return "text" if value else "nothing"


def spans_of(tests: Sequence[Filter]) -> list[tuple[int, int]]:
    """Runs of words with a link to a text, the longest where they overlap."""
    found: list[tuple[int, int]] = []
    texts = sorted({(test.start, test.end) for test in tests if test.test in ("is", "has")}, key=lambda s: s[0] - s[1])
    for span in texts:
        if not any(_meet(span, other) for other in found):
            found.append(span)
    return found


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]
