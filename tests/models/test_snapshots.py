"""The content snapshot: the rows with the largest overlap by brute force over strings."""

import random

import pytest

from headwork.base.sheets import Sheet
from headwork.models.programs.views import View
from headwork.models.snapshots import snapshot

WORDS = "red blue green old new house tree".split()


def drawn(seed: int) -> tuple[str, View]:
    chance = random.Random(seed)
    rows = [[" ".join(chance.choices(WORDS, k=chance.randint(1, 4))) for _ in range(3)] for _ in range(7)]
    question = " ".join(chance.choices(WORDS, k=6))
    return question, View(Sheet("t", ("a", "b", "c"), tuple(map(tuple, rows))))


def overlap(question: str, cells: list[str]) -> int:
    """How many different runs of one to three words of the question stand in one of the cells, by strings alone."""
    words, runs = question.split(), set()
    for start in range(len(words)):
        for end in range(start + 1, min(start + 3, len(words)) + 1):
            runs.add(" ".join(words[start:end]))
    return sum(any(f" {run} " in f" {cell} " for cell in cells) for run in runs)


@pytest.mark.row("BE27")
@pytest.mark.parametrize("rows", [2, 3, 7, 9])
def test_a_snapshot_holds_the_rows_with_the_largest_overlap(rows):
    for seed in range(20):
        question, view = drawn(seed)
        scores = [overlap(question, list(row)) for row in view.sheet.rows]
        best = sorted(range(7), key=lambda row: (-scores[row], row))[:rows]
        assert snapshot(question, view, rows) == [view.sheet.rows[row] for row in sorted(best)]


@pytest.mark.row("BE27")
def test_one_row_is_put_together_from_the_cells_with_the_largest_overlap():
    for seed in range(20):
        question, view = drawn(seed)
        (found,) = snapshot(question, view, 1)
        for column, cell in enumerate(found):
            mine = [overlap(question, [row[column]]) for row in view.sheet.rows]
            whole = [overlap(question, list(row)) for row in view.sheet.rows]
            best = max(range(7), key=lambda row: (mine[row], whole[row], -row))
            assert cell == view.sheet.rows[best][column]


def test_a_question_without_words_takes_the_first_rows():
    _, view = drawn(0)
    assert snapshot("?", view, 2) == list(view.sheet.rows[:2])


@pytest.mark.parametrize(
    ("question", "last", "best"),
    [("red new old", "red new old", True), ("red new old house", "red new old house", False)],
)
def test_runs_of_three_words_count_and_longer_ones_do_not(question, last, best):
    words = question.split()
    parts = [" ".join(words[start : start + len(words) - 1]) for start in range(2)]
    view = View(Sheet("t", ("a", "b"), (tuple(parts), tuple(parts), (last, ""))))
    assert ((last, "") in snapshot(question, view, 2)) == best
