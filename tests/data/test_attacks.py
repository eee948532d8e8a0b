"""Files made to do harm: only a HeadworkError of one line comes out, soon, and nothing in them is executed."""

import contextlib
import gzip
import os
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.data.tables import FORMATS, read_table

SMALL = Limits(cell_characters=50, rows=20, columns=5, unpacked_bytes=10_000)
PIECES = st.sampled_from(
    [b'"', b",", b"\t", b"\n", b"\r", b"{", b"}", b'"a":', b"[", b"PAR1", b"\xff", b"\x1f\x8b\x08", b"\0"]
)
CONTENTS = st.binary(max_size=60) | st.lists(PIECES | st.binary(max_size=3), max_size=25).map(b"".join)


@given(CONTENTS, st.sampled_from(sorted(FORMATS)), st.booleans())
def test_any_bytes_give_a_table_or_one_line(content: bytes, suffix: str, packed: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"data{suffix}"
        path.write_bytes(gzip.compress(content, 1) if packed and suffix.endswith(".gz") else content)
        try:
            table = read_table(path, SMALL)
        except HeadworkError as error:
            assert "\n" not in str(error)
            return
    assert all(len(column) == table.rows for column in table.columns.values())
    assert all(
        cell is None or len(cell) <= SMALL.cell_characters for column in table.columns.values() for cell in column
    )


@given(st.integers(0, 2_000), st.binary(min_size=1, max_size=4))
def test_a_changed_parquet_file_gives_a_table_or_one_line(place: int, change: bytes) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.parquet"
        parquet.write_table(pa.table({"text": [f"text {row}" for row in range(50)], "label": [1, 2] * 25}), path)
        data = bytearray(path.read_bytes())
        place %= len(data)
        data[place : place + len(change)] = change
        path.write_bytes(data)
        try:
            read_table(path)
        except HeadworkError as error:
            assert "\n" not in str(error)


class Touch:
    """Unpickling it makes a file."""

    def __init__(self, marker: Path):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("name", ["data.pkl", "data.pt", "data.bin", *(f"data{suffix}" for suffix in FORMATS)])
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_pickle_is_never_opened(make_file, tmp_path: Path, name: str, protocol: int) -> None:
    marker = tmp_path / "executed"
    path = make_file(name, pickle.dumps(Touch(marker), protocol))
    if protocol or name in ("data.pkl", "data.pt", "data.bin"):
        with pytest.raises(HeadworkError):
            read_table(path)
    else:  # of letters only: a strange text, which a csv file may hold
        with contextlib.suppress(HeadworkError):
            read_table(path)
    assert not marker.exists()


BOMBS = {
    "one long cell": (b"text,label\n", b"a" * 1_000_000, 200, "data.csv.gz", "--limit cell_characters"),
    "an open quotation": (b'text,label\n"', b"a,b\n" * 250_000, 100, "data.csv.gz", "quotation mark"),
    "one long line": (b'{"text": "', b"a" * 1_000_000, 100, "data.jsonl.gz", "--limit cell_characters"),
    "many rows": (b"text,label\n", b"a,b\n" * 250_000, 50, "data.csv.gz", "--limit rows"),
    "many columns": (b"", b"a," * 500_000 + b"\n", 8, "data.csv.gz", "--limit columns"),
    "a header that never ends": (b'"', b"x" * 100_000 + b'","', 30, "data.csv.gz", "header"),
    "nothing but line ends": (b"text,label\n", b"\n" * 1_000_000, 160, "data.csv.gz", "--limit unpacked_bytes"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_stopped_soon_in_little_memory(tmp_path: Path, bomb: str) -> None:
    head, piece, times, name, told = BOMBS[bomb]
    path = tmp_path / name
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(head)
        for _ in range(times):
            file.write(piece)
    assert path.stat().st_size < 20_000_000
    code = (
        "import sys\n"
        "from headwork.base.errors import HeadworkError\n"
        "from headwork.base.limits import Limits\n"
        "from headwork.data.tables import read_table\n"
        "from headwork.measure.memory import peak_bytes\n"
        "try: read_table(sys.argv[1], Limits(rows=300_000, unpacked_bytes=150_000_000))\n"
        "except HeadworkError as error: print(error)\n"
        "print(peak_bytes() // 1_000_000)\n"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True, timeout=120)
    message, megabytes = done.stdout.splitlines()
    assert told in message
    assert int(megabytes) < 600
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("cut", [10, 30, -5])
def test_a_damaged_archive_is_refused(make_file, cut: int) -> None:
    path = make_file("data.csv.gz", "text,label\n" + "".join(f"text {row},{row % 2}\n" for row in range(1_000)))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(HeadworkError, match="gzip"):
        read_table(path)


def test_a_changed_archive_is_refused(make_file) -> None:
    path = make_file("data.csv.gz", "text,label\n" + "".join(f"text {row},{row % 2}\n" for row in range(1_000)))
    data = bytearray(path.read_bytes())
    data[-6] ^= 255
    path.write_bytes(data)
    with pytest.raises(HeadworkError, match="gzip"):
        read_table(path)
