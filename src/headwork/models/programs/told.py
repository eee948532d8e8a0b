"""A program in words, for people."""

from collections.abc import Sequence

from headwork.models.programs.program import Filter, Program, Rows, number

_WHERE = {"after": "behind", "before": "before"}


def told(program: Program, header: Sequence[str]) -> str:
    """The program in words."""
    rows, name = _rows_told(program.rows, header), _name(header, program.column)
    other = _rows_told(program.other, header) if program.other else ""
    return {
        "cells": f"{name} of {rows}",
        "count": f"number of {rows}",
        "distinct": f"number of different {name} of {rows}",
        "sum": f"sum of {name} of {rows}",
        "mean": f"mean {name} of {rows}",
        "range": f"largest minus smallest {name} of {rows}",
        "most": f"most frequent {name} of {rows}",
        "least": f"least frequent {name} of {rows}",
        "difference": f"difference of {name} between {rows} and {other}",
        "exists": f"are there {rows}",
        "more": f"is {name} larger in {rows} than in {other}",
        "fewer": f"is {name} smaller in {rows} than in {other}",
    }[program.answer]


def _rows_told(rows: Rows, header: Sequence[str]) -> str:
    tests = (" or " if rows.any else " and ").join(_test_told(test, header) for test in rows.filters)
    said = f"rows where {tests}" if tests else "all rows"
    if rows.pick in ("first", "last"):
        said = f"the {rows.pick} of {said}"
    elif rows.pick != "every":
        said = f"the row with the {rows.pick} {_name(header, rows.by)} of {said}"
    words = {"stay": "", "next": "the row behind ", "previous": "the row before "}
    return f"{words.get(rows.move, f'all rows {_WHERE.get(rows.move)} ')}{said}"


def _test_told(test: Filter, header: Sequence[str]) -> str:
    name = _name(header, test.column)
    if test.test in ("is", "has"):
        return f'{name} {test.test} "{test.shown}"'
    return f"{name} {test.test} {number(test.number)}"


def _name(header: Sequence[str], column: int) -> str:
    if column < 0:
        return ""
    return header[column].strip() or f"column {column + 1}"
