"""Named columns are checked, the others guessed."""

import pytest

from headwork.base.errors import HeadworkError
from headwork.data.columns import Columns, check_numbers, choose_columns, choose_text_column, is_number
from headwork.data.tables import Table

ROWS = 40
VALUES = {
    "text": [f"some longer text with words, number {row}" for row in range(ROWS)],
    "short": [f"word {row}" for row in range(ROWS)],
    "two": ["yes", "no"] * (ROWS // 2),
    "three": ["a", "b", "c", "a"] * (ROWS // 4),
    "id": [str(row) for row in range(ROWS)],
    "one": ["same"] * ROWS,
    "gone": [None] * ROWS,
}


def table_of(**columns: str) -> Table:
    """Columns by name, each with the values of that name above."""
    return Table({name: list(VALUES[kind]) for name, kind in columns.items()}, ROWS, "data.csv")


@pytest.mark.parametrize(
    ("columns", "text", "label"),
    [
        ({"review": "text", "stars": "two"}, "review", "stars"),
        ({"id": "id", "question": "text", "kind": "three"}, "question", "kind"),
        ({"a": "text", "b": "three", "c": "two"}, "a", "c"),
        ({"coarse": "two", "fine": "three", "text": "text"}, "text", "coarse"),
        ({"label": "three", "label_name": "three", "text": "text"}, "text", "label"),
        ({"text": "short", "notes": "text", "class": "two"}, "text", "class"),
        ({"reviewText": "text", "overall": "three"}, "reviewText", "overall"),
        ({"text": "text", "label": "id"}, "text", "label"),
        ({"text": "text", "label": "one"}, "text", "label"),
        ({"text": "text", "label": "two", "gone": "gone"}, "text", "label"),
        ({"Label": "two", "TEXT": "text"}, "TEXT", "Label"),
    ],
)
def test_guesses(columns: dict[str, str], text: str, label: str) -> None:
    assert choose_columns(table_of(**columns)) == Columns(text, label, (label, text))


def test_what_is_named_is_taken() -> None:
    table = table_of(text="text", label="two", other="three", more="short")
    assert choose_columns(table, text="more", label="other") == Columns("more", "other")
    assert choose_columns(table, text="more") == Columns("more", "label", ("label",))
    assert choose_columns(table, label="other", exclude=["text"]) == Columns("more", "other", ("more",))


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        HeadworkError, match=r"data\.csv: no column 'txet' among 'text', 'label'; did you mean 'text'\?"
    ):
        choose_columns(table_of(text="text", label="two"), text="txet")
    with pytest.raises(HeadworkError, match="no column 'zzz'"):
        choose_columns(table_of(text="text", label="two"), exclude=["zzz"])


def test_what_cannot_be_guessed_is_asked_for() -> None:
    with pytest.raises(HeadworkError, match="--label"):
        choose_columns(table_of(a="text", b="id"))
    with pytest.raises(HeadworkError, match="--text"):
        choose_columns(table_of(a="id", label="two"))
    with pytest.raises(HeadworkError, match="as text and as label"):
        choose_columns(table_of(a="text", b="two"), text="a", label="a")


def test_numbers_are_classes_up_to_twenty() -> None:
    check_numbers([str(row % 20) for row in range(60)], "stars")
    check_numbers([f"class {row}" for row in range(60)], "stars")
    with pytest.raises(HeadworkError, match=r"'price' holds 21 different numbers.*--as-classes"):
        check_numbers([f"{row % 21}.5" for row in range(60)], "price")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", True),
        ("-1.5", True),
        (".5", True),
        ("1e-3", True),
        ("", False),
        ("1a", False),
        ("nan", False),
        ("٣", False),
    ],
)
def test_is_number(text: str, number: bool) -> None:
    assert is_number(text) == number


def test_the_text_column_of_new_rows() -> None:
    assert choose_text_column(table_of(review="text", id="id"), "review") == "review"
    assert choose_text_column(table_of(anything="text"), "review") == "anything"
    with pytest.raises(HeadworkError, match="no column 'review'"):
        choose_text_column(table_of(a="text", b="id"), "review")
