"""Plain text: the lines of a file, checked while they are read."""

from collections.abc import Iterator
from pathlib import Path

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.data.sources import check_file, open_text


def read_lines(path: Path, limits: Limits) -> list[str]:
    """The lines without their ends; refuses what is missing, empty, binary, not UTF-8 or over the limits."""
    check_file(path, limits)
    with open_text(path, limits) as stream:
        lines = list(_checked(stream, path, limits))
    limits.check("rows", len(lines), str(path))
    return lines


def _checked(stream, path: Path, limits: Limits) -> Iterator[str]:
    for number, line in enumerate(stream, 1):
        if b"\0" in line:
            raise HeadworkError(f"{path}, line {number}: a zero byte, so this is a binary file; give a text file")
        limits.check("cell_characters", len(line), f"{path}, line {number}")
        text = line.decode("utf-8").rstrip("\r\n")
        yield text.removeprefix("\ufeff") if number == 1 else text
