"""What a model answers: the texts, the cells that they were read from, the program in words, and how likely it is."""

from typing import NamedTuple

import numpy as np

from headwork.models.programs.meant import Meant, choose
from headwork.models.programs.program import run, told
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
    """Of the (P,) scores of a question's programs."""
    choice = choose(scores, meant)
    if choice is None:
        return Reply()
    outcome, program = run(choice.program, view), choice.program
    return Reply(outcome.answers, outcome.cells, told(program, view.sheet.header), program.answer, choice.probability)
