"""The files of a published tokenizer: read within a limit, refused in one line that names the file."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from headwork.base.errors import HeadworkError

FILE_BYTES = 64 << 20
"""of a file, unpacked; the largest that are published have about half of it"""


class Told(msgspec.Struct, frozen=True):
    """What config.json and tokenizer_config.json beside a vocabulary say of it; None where they say nothing."""

    model_type: str | None = None
    do_lower_case: bool | None = None
    strip_accents: bool | None = None
    keep_accents: bool | None = None
    tokenize_chinese_chars: bool | None = None
    add_prefix_space: bool | None = None


def read_told(path: Path, name: str = "tokenizer_config.json") -> Told:
    """What the file `name` beside `path` says."""
    beside = path.with_name(name)
    if not beside.is_file():
        return Told()
    with refused(beside):
        return read_json(beside, Told)


def read_json(path: Path, kind: Any) -> Any:
    return msgspec.json.decode(read_bytes(path), type=kind)


def read_lines(path: Path) -> list[str]:
    """The lines of a text, without the ends of lines and without empty ones at its end."""
    lines = read_bytes(path).decode("utf-8").rstrip("\r\n").split("\n")
    return [line.removesuffix("\r") for line in lines]


def read_bytes(path: Path) -> bytes:
    """The content of a file, unpacked where its name ends in .gz."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        content = file.read(FILE_BYTES + 1)
    if len(content) > FILE_BYTES:
        raise ValueError(f"more than {FILE_BYTES:,} bytes")
    return content


@contextmanager
def refused(path: Path) -> Iterator[None]:
    """Whatever goes wrong is a HeadworkError of one line that names `path`."""
    try:
        yield
    except HeadworkError:
        raise
    except BaseException as error:  # the library raises nothing narrower, and a panic of its is no Exception
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise HeadworkError(f"{path}: no tokenizer can be read from it ({said}); get it again") from error
