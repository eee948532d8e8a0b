"""Lines from columns, read back by the expressions that loghub makes of the same notation."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.errors import HeadworkError
from headwork.data.log_format import CONTENT, LOGHUB, Format, format_of_columns

CELL = st.text("abz059", min_size=1, max_size=6)


def cells_of(notation: str, line: str) -> dict[str, str]:
    """As loghub's parsers read a header: the notation is an expression, with lazy groups for names and any blanks."""
    pattern = re.sub(r"<(\w+)>", r"(?P<\1>.*?)", re.sub(r" +", r"\\s+", notation))
    if "\\[" not in notation:
        pattern = pattern.replace("[", r"\[").replace("]", r"\]")
    found = re.fullmatch(pattern, line)
    assert found
    return {name: value or "" for name, value in found.groupdict().items()}


@pytest.mark.parametrize("system", LOGHUB)
@given(data=st.data())
def test_a_line_of_every_system_is_read_back(system, data):
    form = Format(LOGHUB[system])
    cells = {name: data.draw(CELL) for name in form.fields}
    if system == "Linux" and data.draw(st.booleans()):
        cells["PID"] = ""
    line = form.line(cells)
    assert cells_of(LOGHUB[system], line.text) == cells
    assert {each.label: line.text[each.start : each.end] for each in line.fields} == {
        name: cell for name, cell in cells.items() if cell and name != CONTENT
    }
    assert line.text[line.content :] == cells[CONTENT]


def test_a_group_is_left_out_with_its_columns_and_signs_stand_for_themselves():
    form = Format(r"<A>(\[<B>\])?: \(x) <Content>")
    assert form.line({"A": "a", "B": "1", CONTENT: "c"}).text == "a[1]: (x) c"
    assert form.line({"A": "a", "B": "", CONTENT: "c"}).text == "a: (x) c"
    assert Format("[<A>] (b) c)? <Content>").line({"A": "a", CONTENT: "c"}).text == "[a] (b) c)? c"
    empty = Format("[<A>] <Content>").line({"A": "", CONTENT: "c"})
    assert empty.text == "[] c" and empty.fields == []


@pytest.mark.parametrize("notation", ["", "<A>", "<Content> <A>", "<A> <A> <Content>", "no fields"])
def test_a_format_without_its_content_at_the_end_is_refused(notation):
    with pytest.raises(HeadworkError, match=r"--format .*such as"):
        Format(notation)


def test_systems_are_known_by_their_columns():
    assert format_of_columns({"Time", "Level", CONTENT}) == ("Apache", LOGHUB["Apache"])
    assert format_of_columns({"Time", "Level", "Host", CONTENT}) is None
    assert len({frozenset(Format(each).fields) for each in LOGHUB.values()}) == len(LOGHUB)
