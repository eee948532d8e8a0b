"""What a model answers: the texts, the cells that they were read from, the program in words, and how likely it is."""

from typing import NamedTuple

import numpy as np

from headwork.models.programs.links import linked, read_question
from headwork.models.programs.meant import Meant
from headwork.models.programs.program import passing, run
from headwork.models.programs.told import told
from headwork.models.programs.views import View


class Reply(NamedTuple):
    answers: tuple[str, ...] = ()
    """none where no program says anything"""
    cells: tuple[tuple[int, int], ...] = ()
    """(row, column)"""
    program: str = ""
    kind: str = ""
    """how the program answers: cells, count, …"""
    probability: float = 0.0


def reply_of(scores: np.ndarray, meant: Meant, view: View) -> Reply:
    """Of the (P,) scores of a question's programs: the likeliest answer, by the likeliest program that gives it."""
    if not len(scores):
        return Reply()
    program, chance = meant.programs[meant.likeliest(scores)], float(meant.chances(scores).max())
    outcome = run(program, view)
    return Reply(outcome.answers, outcome.cells, told(program, view.sheet.header), program.answer, chance)


def linked_cells(text: str, view: View) -> tuple[tuple[int, int], ...]:
    """The cells in which words of a statement stand."""
    tests = [test for test in linked(read_question(text), view) if test.test in ("is", "has")]
    found = {(int(row), test.column) for test in tests for row in passing(test, view).nonzero()[0]}
    return tuple(sorted(found))
