"""A table that questions are asked about: a header and rows of text, as they stand in the file."""

from typing import NamedTuple


class Sheet(NamedTuple):
    """Names in the header may be empty or stand there twice; every row has as many cells."""

    id: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""


class Asked(NamedTuple):
    """A question about a table, or a statement on it."""

    text: str
    sheet: Sheet
