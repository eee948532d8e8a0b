"""What texts say: the rules of WikiTableQuestions' evaluator, by vectors whose values follow from them."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwork.base.values import Date, date_of, days_of, measure_of, normalised, value_of


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Zürich", "zurich"),
        ("“Don’t”", "don't"),
        ("`Don´t`", "'don't'"),
        ("1999–2000", "1999-2000"),
        ("Barton Mine*", "barton mine"),
        ("K-8[33]", "k-8"),
        ("[33]", ""),
        ("[a]", "[a]"),
        ("Finals[a][12]†", "finals"),
        ("Los Angeles (Hollywood)", "los angeles"),
        ("(Hollywood)", "(hollywood)"),
        ("f(x)", "f(x)"),
        ('"Reunion" (live) [3]', "reunion"),
        ('"a" and "b"', '"a" and "b"'),
        (" two   words. ", "two words"),
        ("etc..", "etc."),
    ],
)
def test_texts_are_normalised(text, plain):
    assert normalised(text) == plain


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5.0),
        ("05.0", 5.0),
        ("−3", -3.0),
        ("1,234,567", 1234567.0),
        ("1,23", "1,23"),
        ("12 m", "12 m"),
        ("nan", "nan"),
        ("-0", 0.0),
        ("1e3", 1000.0),
        ("2004-xx-xx", 2004.0),
        ("2004-02-xx", Date(2004, 2, 0)),
        ("xx-01-02", Date(0, 1, 2)),
        ("2004-13-01", "2004-13-01"),
        ("xx-xx-xx", "xx-xx-xx"),
        ("March 9, 2009", Date(2009, 3, 9)),
        ("march 9 , 2009", Date(2009, 3, 9)),
        ("9th Sept. 2009", "9th sept. 2009"),
        ("9 Sep 2009", Date(2009, 9, 9)),
        ("May 2009", Date(2009, 5, 0)),
        ("June 3", Date(0, 6, 3)),
        ("May", "may"),
    ],
)
def test_a_text_is_a_number_a_date_or_itself(text, value):
    assert value_of(text) == value and type(value_of(text)) is type(value)


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("113.6 m", (113.6, False)),
        ("$5,000", (5000.0, False)),
        ("1st", (1.0, False)),
        ("2:01.5", (121.5, False)),
        ("1:00:01", (3601.0, False)),
        ("rank 3", None),
        ("", None),
        ("January 2, 2003", (days_of(Date(2003, 1, 2)), True)),
    ],
)
def test_cells_are_ordered_by_what_they_begin_with(text, measure):
    assert measure_of(text) == measure


def test_later_dates_have_more_days():
    ascending = [Date(1999, 12, 31), Date(2000, 1, 0), Date(2000, 1, 2), Date(2000, 2, 1), Date(2000, 12, 31)]
    assert [days_of(date) for date in ascending] == sorted({days_of(date) for date in ascending})


@settings(max_examples=40)
@given(st.text())
def test_any_text_has_a_value_that_stays(text):
    value = value_of(text)
    if isinstance(value, float):
        assert math.isfinite(value)
    elif isinstance(value, str):
        assert normalised(text) == value and date_of(value) is None
    assert value_of(text) == value
