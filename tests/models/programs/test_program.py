"""Programs run: beside SQL over the same table, beside loops, and none of them more than a choice."""

import sqlite3
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tables import NATIONS, medals

from headwork.base.sheets import Sheet
from headwork.base.values import value_of
from headwork.models.programs.program import (
    ANSWERS,
    MOVES,
    PICKS,
    Filter,
    Program,
    Rows,
    number,
    passing,
    rows_of,
    run,
)
from headwork.models.programs.told import told
from headwork.models.programs.views import View

HEADER = ("Nation", "Gold", "Points")


def view_of(rows) -> View:
    return View(Sheet("t", HEADER, tuple(map(tuple, rows))))


def values(outcome) -> set:
    return set(map(value_of, outcome.answers))


@pytest.fixture(scope="module")
def asked():
    """A view, and the same table in a database with the place of each row."""
    rows = [*medals(3)[1], ["Chad", "7", "12"], ["Chad", "", "12"]]
    database = sqlite3.connect(":memory:")
    database.execute("create table t (place integer, nation text, gold real, points real)")
    database.executemany(
        "insert into t values (?, ?, ?, ?)",
        [(n, a, float(b) if b else None, float(c)) for n, (a, b, c) in enumerate(rows)],
    )
    return view_of(rows), database


TESTS = {
    "nation = 'Chad'": Filter(0, "is", ("chad",)),
    "gold > 10": Filter(1, ">", number=10),
    "gold <= 10": Filter(1, "<=", number=10),
    "points < 15": Filter(2, "<", number=15),
    "points >= 12": Filter(2, ">=", number=12),
}
SQL = {
    "count": "select count(*) from t where {0}",
    "sum": "select sum(gold) from t where {0}",
    "mean": "select avg(gold) from t where {0}",
    "range": "select max(gold) - min(gold) from t where {0}",
    "distinct": "select count(distinct ifnull(gold, -1)) from t where {0}",
}


@pytest.mark.parametrize("answer", SQL)
def test_numbers_are_those_of_sql(answer, asked):
    view, database = asked
    for (one, first), (other, second) in product(TESTS.items(), repeat=2):
        for joined, any_ in (("and", False), ("or", True)):
            (expected,) = database.execute(SQL[answer].format(f"({one} {joined} {other})")).fetchone()
            found = run(Program(answer, Rows((first, second), any=any_), 1), view)
            if expected is None or (answer == "distinct" and not expected):
                assert not found.answers
            else:
                (value,) = values(found)
                assert value == pytest.approx(expected, abs=1e-6), (one, joined, other)


@pytest.mark.parametrize(("pick", "order"), [("largest", "desc"), ("smallest", "asc")])
def test_the_rows_with_an_extreme_are_those_of_sql(pick, order, asked):
    view, database = asked
    for sql, test in TESTS.items():
        best = {"desc": "max", "asc": "min"}[order]
        expected = database.execute(
            f"select place, nation from t where {sql} and points = (select {best}(points) from t where {sql})"
        ).fetchall()
        found = run(Program("cells", Rows((test,), pick=pick, by=2), 0), view)
        assert set(found.answers) == {nation for _, nation in expected}
        assert found.cells == tuple((place, 0) for place, _ in sorted(expected))


@pytest.mark.parametrize("answer", ["most", "least"])
def test_the_most_frequent_value_is_that_of_sql(answer, asked):
    view, database = asked
    counts = database.execute("select nation, count(*) from t group by nation").fetchall()
    wanted = (max if answer == "most" else min)(count for _, count in counts)
    found = run(Program(answer, Rows(), 0), view)
    assert set(found.answers) == {nation for nation, count in counts if count == wanted}
    assert {view.sheet.rows[row][0] for row, _ in found.cells} == set(found.answers)


def test_rows_are_moved_and_picked_by_their_place():
    view = view_of([[nation, str(n), "1"] for n, nation in enumerate(NATIONS)])
    third = Filter(0, "is", ("peru",))
    for move, expected in {"stay": [2], "next": [3], "previous": [1], "after": [3, 4, 5], "before": [0, 1]}.items():
        assert list(rows_of(Rows((third,), move=move), view)) == expected
    assert rows_of(Rows(pick="first"), view) == (0,) and rows_of(Rows(pick="last"), view) == (5,)
    last = Filter(0, "is", ("cuba",))
    assert rows_of(Rows((last,), move="next"), view) == () == rows_of(Rows((last,), move="after"), view)
    assert run(Program("cells", Rows((last,), move="next"), 0), view).answers == ()


def test_two_rows_are_compared():
    view = view_of([["Peru", "3", "1"], ["Chad", "10", ""]])
    one, other = (Rows((Filter(0, "is", (name,)),)) for name in ("peru", "chad"))
    assert run(Program("difference", one, 1, other), view).answers == ("7",)
    assert run(Program("more", one, 1, other), view).answers == ("no",)
    assert run(Program("fewer", one, 1, other), view).answers == ("yes",)
    assert run(Program("more", one, 2, other), view).answers == ()  # a cell is empty
    assert run(Program("exists", one), view).answers == ("yes",)
    nobody = Rows((Filter(0, "is", ("nobody",)),))
    assert run(Program("exists", nobody), view).answers == ("no",) and run(Program("count", nobody), view).answers == (
        "0",
    )


def test_dates_differ_by_years_and_are_compared_by_them():
    dates = ["March 3, 2001", "May 1, 2004", "2 June 2010"]
    view = View(Sheet("t", ("Name", "Date"), tuple(zip("abc", dates, strict=True))))
    assert view.kinds == ["text", "date"]
    assert run(Program("range", Rows(), 1), view).answers == ("9",)
    assert passing(Filter(1, ">", number=2001), view).tolist() == [False, True, True]
    assert run(Program("cells", Rows(pick="largest", by=1), 0), view).answers == ("c",)


def test_a_part_of_a_cell_is_found_as_whole_words():
    view = view_of([["New York City", "1", "1"], ["York", "2", "2"], ["Yorkshire", "3", "3"]])
    assert passing(Filter(0, "has", ("york",)), view).tolist() == [True, True, False]
    assert passing(Filter(0, "has", ("new", "york")), view).tolist() == [True, False, False]
    assert passing(Filter(0, "is", ("york",)), view).tolist() == [False, True, False]


def test_every_choice_is_told_in_words():
    row = Filter(0, "is", ("peru",), shown="Peru")
    texts = set()
    for answer, pick, move in product(ANSWERS, PICKS, MOVES):
        other = Rows((Filter(1, ">", number=2),)) if answer in ("difference", "more", "fewer") else None
        texts.add(told(Program(answer, Rows((row,), pick=pick, by=2, move=move), 1, other), HEADER))
    assert len(texts) == len(ANSWERS) * len(PICKS) * len(MOVES)
    assert told(Program("cells", Rows((row,)), 1), HEADER) == 'Gold of rows where Nation is "Peru"'
    assert told(Program("count", Rows()), HEADER) == "number of all rows"
    assert "column 1" in told(Program("cells", Rows(), 0), ("", "b"))


@given(st.floats(-1e9, 1e9))
def test_numbers_are_written_as_people_do(value):
    written = number(value)
    assert float(written) == pytest.approx(value, abs=1e-6) and not written.endswith(".") and "e" not in written


@settings(max_examples=30)
@given(st.lists(st.lists(st.text(max_size=6), min_size=3, max_size=3), min_size=1, max_size=4))
def test_any_table_can_be_asked_anything(rows):
    view = view_of(rows)
    for answer, column, by in product(ANSWERS, range(3), range(3)):
        other = Rows(pick="last") if answer in ("difference", "more", "fewer") else None
        outcome = run(Program(answer, Rows(pick="smallest", by=by), column, other), view)
        assert all(0 <= row < len(rows) and 0 <= at < 3 for row, at in outcome.cells)
    assert not np.isinf(view.order).any()
