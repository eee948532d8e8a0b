"""The header of a safetensors file, checked as a whole before any weight is read. No torch.

A file is an 8-byte little-endian length, that many bytes of JSON ({name: {dtype, shape, data_offsets}}) and the tensors
end to end. https://github.com/safetensors/safetensors#format
"""

import math
from collections.abc import Mapping
from pathlib import Path

import msgspec

from headwork.base.errors import HeadworkError

HEADER_BYTES = 1 << 20
"""a header is at most so long (the format itself would allow 100 MB)"""

ITEM_BYTES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1,
}  # fmt: skip


class TensorFacts(msgspec.Struct, frozen=True):
    """Where a tensor lies and what it is; `data_offsets` count bytes from the end of the header."""

    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


def safetensors_header(path: Path) -> dict[str, TensorFacts]:
    """Facts of each tensor; HeadworkError where the file is cut off, damaged or of another kind."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or not 2 <= length <= min(HEADER_BYTES, size - 8):
                raise HeadworkError(
                    f"{path}: not a whole safetensors file (its header says {length:,} bytes of {size:,})"
                )
            header = file.read(length)
    except OSError as error:
        raise HeadworkError(f"{path}: cannot be read ({error.strerror})") from error
    try:
        entries = msgspec.json.decode(header, type=dict[str, msgspec.Raw])
        entries.pop("__metadata__", None)
        tensors = {name: msgspec.json.decode(facts, type=TensorFacts) for name, facts in entries.items()}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HeadworkError(f"{path}: not a safetensors file (header: {error})") from error
    _check_places(path, tensors, size - 8 - length)
    return tensors


def _check_places(path: Path, tensors: Mapping[str, TensorFacts], data_bytes: int) -> None:
    """The tensors must fill the data end to end, each as long as its type and shape say."""
    end = 0
    for name, facts in sorted(tensors.items(), key=lambda item: item[1].data_offsets):
        if facts.dtype not in ITEM_BYTES:
            raise HeadworkError(f"{path}: tensor {name!r} is of type {facts.dtype}; known are {', '.join(ITEM_BYTES)}")
        if min(facts.shape, default=0) < 0:
            raise HeadworkError(f"{path}: tensor {name!r} has a negative length in its shape {list(facts.shape)}")
        start, stop = facts.data_offsets
        if start != end or stop - start != math.prod(facts.shape) * ITEM_BYTES[facts.dtype]:
            raise HeadworkError(f"{path}: damaged, tensor {name!r} is not where its shape says; copy the file again")
        end = stop
    if end != data_bytes:
        raise HeadworkError(
            f"{path}: damaged or cut off, expected {end:,} bytes of weights, found {data_bytes:,}; copy the file again"
        )
