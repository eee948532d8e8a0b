"""Comma and tab separated tables, read by Arrow block by block with every cell as text.

Commas come with quotation marks, tabs without. A row whose number of cells is not that of the header ("ragged") is no
reason to refuse a file: its place is kept.
"""

import csv
import io
from pathlib import Path
from typing import Literal

import pyarrow as pa
from pyarrow import csv as arrow_csv

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.data.cells import Cells, check_names, row_bytes
from headwork.data.sources import open_text

HEADER_BYTES = 1 << 20
"""a header is at most so long"""

Delimiter = Literal[",", "\t"]


def read_delimited(path: Path, limits: Limits, *, delimiter: Delimiter) -> tuple[Cells, list[int]]:
    """The cells, and the indices of the ragged rows, which have None in each column."""
    names = _header(path, limits, delimiter)
    ragged: list[int] = []

    def keep_place(row: arrow_csv.InvalidRow) -> str:
        ragged.append(row.number - 2)  # Arrow counts from 1, the header too
        return "skip"

    cells = Cells(str(path), limits)
    with open_text(path, limits) as stream:
        try:
            for number, batch in enumerate(_batches(stream, limits, delimiter, len(names), keep_place)):
                rows = batch if number else batch.slice(1)  # the header comes first
                cells.add(rows.num_rows, dict(zip(names, [column.to_pylist() for column in rows.columns], strict=True)))
        except pa.ArrowInvalid as error:
            raise _refusal(path, limits, str(error)) from error
    cells.put_gaps(ragged)
    return cells, ragged


def _header(path: Path, limits: Limits, delimiter: Delimiter) -> list[str]:
    """The first row's names. Read beforehand: Arrow would take a minute to set up a million columns."""
    with open_text(path, limits) as stream:
        head = stream.read(HEADER_BYTES)
    lines = io.StringIO(head.decode("utf-8-sig", errors="ignore"), newline="")
    quoting = csv.QUOTE_MINIMAL if delimiter == "," else csv.QUOTE_NONE
    try:
        header = next(filter(None, csv.reader(lines, delimiter=delimiter, quoting=quoting)), [])
    except csv.Error as error:
        raise HeadworkError(f"{path}: the first row is no header ({error})") from error
    limits.check("columns", len(header), str(path))
    if not header:
        raise HeadworkError(f"{path}: no rows; expected a header and rows below it")
    if len(head) == HEADER_BYTES and not lines.read(1):
        raise HeadworkError(f"{path}: the first row is longer than {HEADER_BYTES:,} bytes; expected a header")
    # The index that pandas writes has an empty name.
    names = [name.strip() or f"column {place}" for place, name in enumerate(header, 1)]
    check_names(names, str(path))
    return names


def _batches(stream, limits: Limits, delimiter: Delimiter, columns: int, on_ragged) -> arrow_csv.CSVStreamingReader:
    """All rows, the header as the first, under stand-in names since its own may be empty."""
    names = [f"column {place}" for place in range(columns)]
    quoted = delimiter == ","
    return arrow_csv.open_csv(
        stream,
        arrow_csv.ReadOptions(use_threads=False, block_size=row_bytes(limits), column_names=names),
        arrow_csv.ParseOptions(
            delimiter=delimiter,
            quote_char='"' if quoted else False,
            double_quote=quoted,
            newlines_in_values=quoted,
            invalid_row_handler=on_ragged,
        ),
        arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )


def _refusal(path: Path, limits: Limits, found: str) -> HeadworkError:
    if "straddling" in found:
        too_long = "a cell that is too long or a quotation mark that is never closed"
        return limits.exceeded("cell_characters", f"{path}: {too_long}")
    return HeadworkError(f"{path}: not a table that can be read ({found.splitlines()[0]})")
