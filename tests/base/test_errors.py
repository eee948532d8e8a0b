"""A message for users is one line of bounded length, whatever a file puts into it."""

from headwork.base.errors import LONGEST, HeadworkError


def test_one_line_of_bounded_length():
    assert str(HeadworkError("as it is")) == "as it is"
    assert str(HeadworkError("a\nb\r\nc")) == "a b c"
    found = str(HeadworkError("begins" + "x" * 9_999 + "ends"))
    assert found.startswith("begins") and found.endswith("ends") and len(found) < LONGEST + 5
