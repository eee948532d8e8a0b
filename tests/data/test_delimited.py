"""Comma and tab separated files come out as Python's csv module reads them, with the place of each ragged row."""

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.data.tables import Table, read_table

CELLS = st.text(st.sampled_from('ab "\n\r,;\té漢\0'), max_size=6)
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=8)


def table_of(content: str | bytes, name: str = "data.csv", limits: Limits = Limits()) -> Table:  # noqa: B008
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_table(path, limits)


def rows_of(table: Table) -> list[list[str | None]]:
    return [list(row) for row in zip(*table.columns.values(), strict=True)]


@given(ROWS, st.sampled_from(["\n", "\r\n"]))
def test_what_csv_writes_is_read_unchanged(rows: list[list[str]], line_end: str) -> None:
    file = io.StringIO()
    csv.writer(file, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows([["one", "two"], *rows])
    table = table_of(file.getvalue())
    assert rows_of(table) == rows
    assert table.ragged == ()


@given(st.lists(st.text(st.sampled_from('ab",\n'), max_size=8), min_size=1, max_size=6).map("\n".join))
def test_any_text_is_read_as_the_csv_module_reads_it(body: str) -> None:
    expected = [row for row in csv.reader(io.StringIO("one,two\n" + body, newline="")) if row][1:]
    try:
        table = table_of("one,two\n" + body)
    except HeadworkError as error:
        assert "no rows" in str(error)
        assert not expected
        return
    # At the end of the file an open quotation keeps a last line end in the csv module and not in Arrow.
    whole = [row if len(row) == 2 else [None, None] for row in expected]
    assert [[cell and cell.rstrip("\n") for cell in row] for row in rows_of(table)] == [
        [cell and cell.rstrip("\n") for cell in row] for row in whole
    ]
    assert list(table.ragged) == [place for place, row in enumerate(expected) if len(row) != 2]


@given(st.lists(st.integers(1, 4), min_size=1, max_size=400))
def test_ragged_rows_keep_their_places(widths: list[int]) -> None:
    lines = [",".join(f"{place}" for _ in range(width)) for place, width in enumerate(widths)]
    table = table_of("one,two\n" + "\n".join(lines))
    assert list(table.ragged) == [place for place, width in enumerate(widths) if width != 2]
    assert table.columns["one"] == [str(place) if width == 2 else None for place, width in enumerate(widths)]
    assert table.rows == len(widths)


def test_ragged_rows_keep_their_places_across_blocks() -> None:
    lines = [f"{place},b" if place % 7 else f"{place},b,c" for place in range(500_000)]
    table = table_of("one,two\n" + "\n".join(lines), limits=Limits(cell_characters=10))
    assert list(table.ragged) == list(range(0, 500_000, 7))
    assert all(cell is None or int(cell) == place for place, cell in enumerate(table.columns["one"]))


def test_byte_order_mark_blank_lines_and_line_ends() -> None:
    table = table_of(b'\xef\xbb\xbftext,label\r\n\r\n"one\r\ntwo",1\r\n\r\n')
    assert table.columns == {"text": ["one\r\ntwo"], "label": ["1"]}


def test_cells_stay_as_they_stand() -> None:
    table = table_of("a,b,c,d\n 007 ,1.50,NULL,true\n")
    assert rows_of(table) == [[" 007 ", "1.50", "NULL", "true"]]


def test_tabs_have_no_quoting() -> None:
    table = table_of('text\tlabel\n"a "quoted\t1\n', "data.tsv")
    assert table.columns == {"text": ['"a "quoted'], "label": ["1"]}


def test_a_column_without_a_name_is_called_after_its_place() -> None:
    assert list(table_of(",text,label\n0,a,b\n").columns) == ["column 1", "text", "label"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("text,label\n", "no rows"),
        ("text,label", "no rows"),
        ("\n\n", "no rows"),
        ("\ufeff", "no rows"),
        ("text,text\na,b\n", "'text'"),
        (b"text,label\na,b\ncaf\xe9,c\n", "line 3: byte 0xe9 is not UTF-8"),
        (b"text,label\na,caf\xc3", "line 2: byte 0xc3 is not UTF-8"),
        (b"\xff\xfet\x00e\x00", "line 1: byte 0xff is not UTF-8"),
    ],
)
def test_refusals(content: str | bytes, told: str) -> None:
    with pytest.raises(HeadworkError, match=told):
        table_of(content)


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (Limits(rows=2), "--limit rows=3"),
        (Limits(columns=1), "--limit columns=2"),
        (Limits(cell_characters=3), "column 'text'.*--limit cell_characters=4"),
        (Limits(file_bytes=10), "--limit file_bytes="),
    ],
)
def test_limits(limits: Limits, told: str) -> None:
    with pytest.raises(HeadworkError, match=told):
        table_of("text,label\nabcd,1\nb,2\nc,3\n", limits=limits)


def test_a_limit_on_cells_counts_characters_not_bytes() -> None:
    cell = "\U0001f600" * 1000
    assert table_of(f"text,label\n{cell},1\n", limits=Limits(cell_characters=1000)).columns["text"] == [cell]
