"""Tables from files: csv, tsv, jsonl and parquet, each cell as the text that stands in the file."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.data.cells import Cell
from headwork.data.delimited import read_delimited
from headwork.data.jsonl import read_jsonl
from headwork.data.parquet import read_parquet
from headwork.data.sources import check_file

FORMATS = {
    ".csv": partial(read_delimited, delimiter=","),
    ".csv.gz": partial(read_delimited, delimiter=","),
    ".tsv": partial(read_delimited, delimiter="\t"),
    ".tsv.gz": partial(read_delimited, delimiter="\t"),
    ".jsonl": read_jsonl,
    ".jsonl.gz": read_jsonl,
    ".parquet": read_parquet,
}
"""readers by the end of a file's name"""

PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".bin", ".joblib", ".npy", ".npz")


@dataclass(frozen=True)
class Table:
    """Columns of equal length; None where a row has no such cell."""

    columns: dict[str, list[Cell]]
    rows: int
    source: str
    ragged: tuple[int, ...] = ()
    """indices of rows whose number of cells was wrong; they hold None in each column"""


def suffix_of(path: Path, formats: Iterable[str]) -> str | None:
    """The one of `formats` that the name ends with, in any case."""
    return next((suffix for suffix in formats if path.name.lower().endswith(suffix)), None)


def format_of(path: Path) -> str | None:
    """The key of FORMATS that the name ends with."""
    return suffix_of(path, FORMATS)


def read_table(path: Path | str, limits: Limits = DEFAULT_LIMITS) -> Table:
    """Read a file; refuses what is missing, damaged, not UTF-8, without rows, or over the limits."""
    path = Path(path)
    check_file(path, limits)
    suffix = format_of(path)
    if suffix is None:
        raise HeadworkError(f"{path}: {_no_format(path)}; files may end in {', '.join(FORMATS)}")
    cells, ragged = FORMATS[suffix](path, limits)
    if cells.rows == 0:
        raise HeadworkError(f"{path}: no rows; expected rows of data and, in csv and tsv files, a header above them")
    return Table(cells.columns, cells.rows, str(path), tuple(ragged))


def _no_format(path: Path) -> str:
    if path.suffix.lower() in PICKLES:
        return "pickles and their kind can run code and are never opened; write the data as csv elsewhere"
    if path.suffix.lower() in (".zip", ".tar", ".tgz", ".7z", ".rar"):
        return "archives of files are not opened; unpack it first"
    if path.suffix.lower() == ".json":
        return "expected one JSON object a line, in a file that is called .jsonl"
    return f"files ending in {path.suffix!r} are not read" if path.suffix else "the name does not say what it holds"
