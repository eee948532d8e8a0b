"""The reader is chosen by the end of the name; every format gives the same table."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from headwork.base.errors import HeadworkError
from headwork.data.tables import FORMATS, format_of, read_table

COLUMNS = {"text": ["one", "zwei é"], "label": ["1", "2"]}


def content_of(suffix: str) -> bytes:
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)]
    if suffix.startswith(".jsonl"):
        return "".join(json.dumps(row) + "\n" for row in rows).encode()
    mark = "," if suffix.startswith(".csv") else "\t"
    return "".join(mark.join(row) + "\n" for row in [list(COLUMNS), *zip(*COLUMNS.values(), strict=True)]).encode()


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("upper", [False, True])
def test_every_format_gives_the_same_table(make_file, tmp_path: Path, suffix: str, upper: bool) -> None:
    if suffix == ".parquet":
        path = tmp_path / "data.parquet"
        parquet.write_table(pa.table(COLUMNS), path)
    else:
        path = make_file(f"data{suffix}", content_of(suffix))
    if upper:
        path = path.rename(path.with_name(path.name.upper()))
    table = read_table(path)
    assert (table.columns, table.rows, table.ragged, table.source) == (COLUMNS, 2, (), str(path))


def test_format_of() -> None:
    assert format_of(Path("a.b/some.data.csv.gz")) == ".csv.gz"
    assert format_of(Path("csv")) is None


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("data.pkl", "never opened.*csv"),
        ("model.pt", "never opened"),
        ("data.zip", "unpack"),
        ("data.json", ".jsonl"),
        ("data.xlsx", "'.xlsx'"),
        ("data", "does not say"),
        ("data.gz", "'.gz'"),
    ],
)
def test_other_files_are_refused_with_a_hint(make_file, name: str, told: str) -> None:
    with pytest.raises(HeadworkError, match=told) as refusal:
        read_table(make_file(name, b"PK\x03\x04"))
    assert ".csv, .csv.gz" in str(refusal.value)


def test_missing_empty_and_folder(make_file, tmp_path: Path) -> None:
    with pytest.raises(HeadworkError, match=r"nothing\.csv: no such file"):
        read_table(tmp_path / "nothing.csv")
    with pytest.raises(HeadworkError, match="a folder, not a file"):
        read_table(tmp_path)
    with pytest.raises(HeadworkError, match="empty"):
        read_table(make_file("data.csv", b""))
    with pytest.raises(HeadworkError, match=r"cannot be read|no such file"):
        read_table(Path("a" * 300 + ".csv"))


@pytest.mark.parametrize("name", ["trec/train.csv", "imdb/dev.jsonl.gz", "hebrew_sentiment/token.dev.tsv"])
def test_real_files(real_data: Path, name: str) -> None:
    table = read_table(real_data / name)
    assert table.rows == {"trec": 4832, "imdb": 998, "hebrew_sentiment": 846}[name.split("/")[0]]
    assert not table.ragged
    assert all(cell and cell.strip() for cell in table.columns["text"])
