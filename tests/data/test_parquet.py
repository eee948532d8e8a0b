"""Parquet cells as text; what would unpack beyond the limits is refused."""

import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.data.tables import read_table


def written(path: Path, columns: dict, **options) -> Path:
    parquet.write_table(pa.table(columns), path, **options)
    return path


def test_values_as_text(tmp_path: Path) -> None:
    columns = {
        "text": ["a\r\nb", None, "é\0"],
        "stars": [4, 5, None],
        "share": [0.5, 1e-7, 3.0],
        "kind": pa.array(["x", "y", "x"]).dictionary_encode(),
        "flag": [True, False, None],
        "day": [datetime.date(2020, 1, 2)] * 3,
        "paragraphs": [["one", "two"], [], None],
        "nested": [{"a": [1]}] * 3,
        "raw": [b"bytes", b"\xff", None],
    }
    assert read_table(written(tmp_path / "data.parquet", columns)).columns == {
        "text": ["a\r\nb", None, "é\0"],
        "stars": ["4", "5", None],
        "share": ["0.5", "1e-7", "3"],
        "kind": ["x", "y", "x"],
        "flag": ["true", "false", None],
        "day": ["2020-01-02"] * 3,
        "paragraphs": ["one\n\ntwo", "", None],
        "nested": ['{"a":[1]}'] * 3,
        "raw": ["Ynl0ZXM=", "/w==", None],
    }


def test_many_rows_in_order(tmp_path: Path) -> None:
    texts = [f"text {place}" for place in range(5_000)]
    path = written(tmp_path / "data.parquet", {"text": texts}, row_group_size=700)
    assert read_table(path).columns["text"] == texts


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (Limits(rows=999), "--limit rows=1000"),
        (Limits(columns=1), "--limit columns=2"),
        (Limits(cell_characters=9_999), "column 'text'.*--limit cell_characters=10000"),
        (Limits(unpacked_bytes=9_000_000), "--limit unpacked_bytes"),
    ],
)
def test_limits(tmp_path: Path, limits: Limits, told: str) -> None:
    """A thousand times one text of 10,000 characters is a few hundred bytes on disk."""
    path = written(tmp_path / "data.parquet", {"text": ["x" * 10_000] * 1_000, "label": ["a"] * 1_000})
    assert path.stat().st_size < 20_000
    with pytest.raises(HeadworkError, match=told):
        read_table(path, limits)


def test_what_the_file_says_of_its_size_is_believed_when_it_is_too_much(tmp_path: Path) -> None:
    columns = {"text": ["a"] * 10_000, "number": [0.0] * 10_000}
    path = written(tmp_path / "data.parquet", columns, use_dictionary=False, compression="zstd")
    with pytest.raises(HeadworkError, match="--limit unpacked_bytes"):
        read_table(path, Limits(unpacked_bytes=50_000))


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    parquet.write_table(pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["text", "text"]), path)
    with pytest.raises(HeadworkError, match="'text'"):
        read_table(path)


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-10], lambda data: data[:100], lambda data: b"text,label\na,b\n"]
)
def test_a_damaged_file_is_refused(tmp_path: Path, damage) -> None:
    path = written(tmp_path / "data.parquet", {"text": [f"text {place}" for place in range(1_000)]})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(HeadworkError, match="not a whole parquet file"):
        read_table(path)


def test_no_rows(tmp_path: Path) -> None:
    with pytest.raises(HeadworkError, match="no rows"):
        read_table(written(tmp_path / "data.parquet", {"text": pa.array([], pa.string())}))
