"""The header of a safetensors file: what is damaged or of another kind is refused before a weight is read."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save, save_file

from headwork.base.errors import HeadworkError
from headwork.base.tensors import HEADER_BYTES, safetensors_header

ARRAYS = {"a": np.zeros((3, 4), np.float32), "b": np.ones(5, np.int64), "c": np.zeros((0, 2), np.float16)}


def with_header(header: object, data: bytes = b"") -> bytes:
    encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(encoded).to_bytes(8, "little") + encoded + data


def tensor(dtype: str = "F32", shape: object = (2,), places: object = (0, 8)) -> dict:
    return {"a": {"dtype": dtype, "shape": shape, "data_offsets": places}}


def test_a_whole_file(tmp_path: Path) -> None:
    save_file(ARRAYS, tmp_path / "x.safetensors", metadata={"step": "3"})
    found = safetensors_header(tmp_path / "x.safetensors")
    assert {name: facts.shape for name, facts in found.items()} == {name: each.shape for name, each in ARRAYS.items()}
    assert {name: facts.dtype for name, facts in found.items()} == {"a": "F32", "b": "I64", "c": "F16"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 7,
        b"\0" * 100,
        b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}\x94.",
        (HEADER_BYTES + 1).to_bytes(8, "little") + b" " * (HEADER_BYTES + 1),
        (1 << 63).to_bytes(8, "little") + b"{}",
        with_header(b"[]"),
        with_header(b"{" * 100_000),
        with_header({"a": 1}),
        with_header(tensor(), b"\0" * 7),
        with_header(tensor(), b"\0" * 9),
        with_header(tensor(places=(1, 9)), b"\0" * 9),
        with_header(tensor(places=(8, 0)), b"\0" * 8),
        with_header(tensor(shape=(3,)), b"\0" * 8),
        with_header(tensor(shape=(-2,)), b"\0" * 8),
        with_header(tensor(shape=(-1, -2)), b"\0" * 8),
        with_header(tensor(shape=(1 << 62, 1 << 62)), b"\0" * 8),
        with_header(tensor(dtype="F31"), b"\0" * 8),
        with_header(tensor(shape="2"), b"\0" * 8),
        with_header({**tensor(), "b": tensor()["a"]}, b"\0" * 8),
    ],
)
def test_refusals(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(HeadworkError, match=r"model\.safetensors"):
        safetensors_header(path)


def test_a_cut_off_file_and_a_missing_one(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(save(ARRAYS)[:-10])
    with pytest.raises(HeadworkError, match="cut off"):
        safetensors_header(path)
    with pytest.raises(HeadworkError, match="cannot be read"):
        safetensors_header(tmp_path / "nothing.safetensors")
    with pytest.raises(HeadworkError, match="cannot be read"):
        safetensors_header(tmp_path)


@given(st.integers(0, 400), st.binary(min_size=1, max_size=6))
def test_any_change_gives_a_header_or_one_line(place: int, change: bytes) -> None:
    data = bytearray(save(ARRAYS))
    data[place % len(data) : place % len(data) + len(change)] = change
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        path.write_bytes(data)
        try:
            safetensors_header(path)
        except HeadworkError as error:
            assert "\n" not in str(error)
