"""predictions.parquet: what a run answered to the rows of dev and test."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headwork.base.files import write_atomically
from headwork.base.runs import Run

Answered = tuple[np.ndarray, Mapping[str, pa.Array]]
"""(n,) rows of the source, and the columns that tell what was answered to them"""


def write_predictions(run: Run, sides: Mapping[str, Answered]) -> None:
    """An example a row: where it stands in the source, its side, and these columns."""
    tables = [
        pa.table({"row": pa.array(rows, pa.int64()), "side": pa.array([side] * len(rows)), **columns})
        for side, (rows, columns) in sides.items()
    ]
    write_atomically(run.predictions_file, lambda path: pq.write_table(pa.concat_tables(tables), path))


def lists(values: np.ndarray) -> pa.Array:
    """(n, C) numbers as a column of lists."""
    return pa.array(list(values), pa.list_(pa.from_numpy_dtype(values.dtype)))


def answered(run: Run, side: str) -> pa.Table:
    """What a run answered to the rows of a side."""
    return pq.read_table(run.predictions_file).filter(pc.field("side") == side)


def tested(run: Run) -> pa.Table:
    return answered(run, "test")
