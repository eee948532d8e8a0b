"""Limits name themselves and the flag that raises them."""

import pytest

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits, parse_limits


def test_over_the_limit_names_the_flag() -> None:
    with pytest.raises(HeadworkError, match=r"big\.csv: 11 rows, over the limit of 10; raise it with --limit rows=11"):
        Limits(rows=10).check("rows", 11, "big.csv")
    Limits(rows=10).check("rows", 10, "big.csv")


def test_limits_are_raised_by_words() -> None:
    assert parse_limits(("rows=7", "cell_characters=2_000")) == Limits(rows=7, cell_characters=2000)


@pytest.mark.parametrize("word", ["rows", "rows=", "rows=many", "lines=3", "rows=-1"])
def test_wrong_words_are_refused(word: str) -> None:
    with pytest.raises(HeadworkError, match="--limit"):
        parse_limits((word,))
