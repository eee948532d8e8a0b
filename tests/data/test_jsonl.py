"""JSON lines keep the letters of their values; what is not JSON is refused with its line."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.data.jsonl import text_of
from headwork.data.tables import read_table

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    st.lists(st.dictionaries(TEXTS, TEXTS | st.none(), min_size=1, max_size=3), min_size=1, max_size=5), st.booleans()
)
def test_texts_are_read_unchanged(records: list[dict[str, str | None]], escaped: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.jsonl"
        path.write_bytes(b"".join(json.dumps(each, ensure_ascii=escaped).encode() + b"\n" for each in records))
        table = read_table(path)
    assert table.rows == len(records)
    for name, column in table.columns.items():
        assert column == [record.get(name) for record in records]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"1.50", "1.50"),
        (b"1e5", "1e5"),
        (b"true", "true"),
        (b"null", None),
        (b'"\\u00e9"', "é"),
        (b'["one", "two"]', "one\n\ntwo"),
        (b"[]", ""),
        (b'["one", 2]', '["one", 2]'),
        (b'{"a": [1.0]}', '{"a": [1.0]}'),
    ],
)
def test_values_as_text(value: bytes, text: str | None) -> None:
    assert text_of(value) == text


def test_missing_keys_blank_lines_and_byte_order_mark(make_file) -> None:
    path = make_file("data.jsonl", b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"b": 2}\n{"a": 3, "b": 4}')
    assert read_table(path).columns == {"a": ["1", None, "3"], "b": [None, "2", "4"]}


@pytest.mark.parametrize(
    "line", ["[1]", "3", "{", '{"a": NaN}', '{"a": 1} {', "text", '{"a": "\\ud800"}', '{"a": ' + "[" * 100_000]
)
def test_a_line_that_is_no_object_is_refused(make_file, line: str) -> None:
    path = make_file("data.jsonl", '{"a": 1}\n' + line + "\n")
    with pytest.raises(HeadworkError, match="line 2: not a JSON object"):
        read_table(path)


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (Limits(rows=1), "--limit rows=2"),
        (Limits(columns=1), "--limit columns=2"),
        (Limits(cell_characters=3), "--limit cell_characters=4"),
    ],
)
def test_limits(make_file, limits: Limits, told: str) -> None:
    path = make_file("data.jsonl", '{"a": "abcd"}\n{"b": "a"}\n')
    with pytest.raises(HeadworkError, match=told):
        read_table(path, limits)


def test_a_line_is_not_read_further_than_its_cells_may_be_long(make_file) -> None:
    path = make_file("data.jsonl.gz", '{"a": 1}\n{"a": "' + "x" * 3_000_000 + '"}\n')
    with pytest.raises(HeadworkError, match=r"line 2: a value that is too long.*--limit cell_characters"):
        read_table(path, Limits(cell_characters=1000))
