"""Parquet tables, a few rows at a time, every cell as text."""

from pathlib import Path

import msgspec
import pyarrow as pa
from pyarrow import parquet

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.data.cells import Cell, Cells, check_names
from headwork.data.jsonl import text_of

ROWS_AT_ONCE = 256
"""few, because a small file may say of each row that it holds the same long text"""


def read_parquet(path: Path, limits: Limits) -> tuple[Cells, list[int]]:
    """The cells, with None for nulls, and no ragged rows."""
    cells = Cells(str(path), limits)
    try:
        with parquet.ParquetFile(path) as file:
            limits.check("rows", file.metadata.num_rows, str(path))
            limits.check("columns", len(file.schema_arrow), str(path))
            names = file.schema_arrow.names
            check_names(names, str(path))
            groups = [file.metadata.row_group(index) for index in range(file.metadata.num_row_groups)]
            limits.check("unpacked_bytes", sum(group.total_byte_size for group in groups), str(path))
            for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, use_threads=False):
                cells.add(
                    batch.num_rows, {name: _texts(column) for name, column in zip(names, batch.columns, strict=True)}
                )
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise HeadworkError(
            f"{path}: not a whole parquet file ({str(error).splitlines()[0]}); copy or write it again"
        ) from error
    return cells, []


def _texts(column: pa.Array) -> list[Cell]:
    try:
        return column.cast(pa.string()).to_pylist()
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        return [text_of(msgspec.json.encode(value, enc_hook=str)) for value in column.to_pylist()]
