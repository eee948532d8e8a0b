"""One JSON object a line. Values keep the letters they have in the file: 1.50 stays "1.50"."""

import itertools
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

import msgspec

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.data.cells import Cell, Cells, row_bytes
from headwork.data.sources import open_text

LINES_AT_ONCE = 1000
LIST_GAP = "\n\n"
"""between the strings of a list"""

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_string = msgspec.json.Decoder(str)
_strings = msgspec.json.Decoder(list[str])


def read_jsonl(path: Path, limits: Limits) -> tuple[Cells, list[int]]:
    """The cells, with None where an object lacks a key, and no ragged rows."""
    cells = Cells(str(path), limits)
    with open_text(path, limits) as stream:
        records = _records(stream, path, limits)
        while piece := list(itertools.islice(records, LINES_AT_ONCE)):
            names = dict.fromkeys(name for record in piece for name in record)
            limits.check("columns", len(names), str(path))
            cells.add(len(piece), {name: [record.get(name) for record in piece] for name in names})
    return cells, []


def _records(stream: BufferedReader, path: Path, limits: Limits) -> Iterator[dict[str, Cell]]:
    longest = row_bytes(limits)
    for number in itertools.count(1):
        line = stream.readline(longest + 1)
        if not line:
            return
        if len(line) > longest:
            raise limits.exceeded("cell_characters", f"{path}, line {number}: a value that is too long")
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line.isspace():
            try:
                yield {name: text_of(bytes(value)) for name, value in _object.decode(line).items()}
            except (msgspec.DecodeError, RecursionError) as error:
                raise HeadworkError(
                    f"{path}, line {number}: not a JSON object ({error}); expected one a line"
                ) from error


def text_of(value: bytes) -> Cell:
    """The text of a JSON value: a list of strings becomes paragraphs, other lists and objects stay JSON."""
    match value[:1]:
        case b'"':
            return _string.decode(value)
        case b"n":
            return None
        case b"[":
            try:
                return LIST_GAP.join(_strings.decode(value))
            except msgspec.ValidationError:
                return value.decode()
        case _:
            return value.decode()
