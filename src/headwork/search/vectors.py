"""Vectors of texts as a file for other programs.

    .npz        `vectors` (n, D) float32
    .parquet    a row a text: row, text, vector

Axes: n texts, D width.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically


def check_form(path: Path) -> None:
    """Refuse a name whose end is none of FORMS, before anything is computed."""
    if path.suffix not in FORMS:
        raise HeadworkError(f"-o {path}: vectors go into a file whose name ends in {' or '.join(FORMS)}")


def write_vectors(path: Path, vectors: np.ndarray, texts: Sequence[str]) -> None:
    check_form(path)
    write_atomically(path, lambda temporary: FORMS[path.suffix](temporary, vectors, texts))


def _npz(path: Path, vectors: np.ndarray, texts: Sequence[str]) -> None:
    with path.open("wb") as file:  # by its name numpy would give it another end
        np.savez(file, vectors=vectors)


def _parquet(path: Path, vectors: np.ndarray, texts: Sequence[str]) -> None:
    columns = {
        "row": pa.array(range(len(texts)), pa.int64()),
        "text": pa.array(texts, pa.large_string()),
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1]),
    }
    pq.write_table(pa.table(columns), path)


FORMS: dict[str, Callable[[Path, np.ndarray, Sequence[str]], None]] = {".npz": _npz, ".parquet": _parquet}
"""by the end of the file's name"""
