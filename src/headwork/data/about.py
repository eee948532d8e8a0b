"""Which thing each row of a table asks about: its name in a column, or the characters where it stands in two."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from headwork.base.about import OPEN, marked, places_of
from headwork.base.errors import HeadworkError
from headwork.data.columns import check_column
from headwork.data.split import Side
from headwork.data.tables import Table


def about_columns(told: str | None) -> tuple[str, ...]:
    """`entity` is a column of names, `start,end` are two of characters."""
    names = tuple(name.strip() for name in (told or "").split(",") if name.strip())
    if len(names) > 2:
        raise HeadworkError(f"--about {told}: expected a column of names, or two as in start,end")
    return names


def asked_about(table: Table, text: str, about: Sequence[str]) -> Table:
    """The table with marks in its texts; where a text does not hold the name, it stays as it is."""
    for name in about:
        check_column(table, name)
    if text in about:
        raise HeadworkError(f"{table.source}: column {text!r} is named as text and in --about; name different ones")
    rows = zip(table.columns[text], *(table.columns[name] for name in about), strict=True)
    texts = [
        _marked(cell, said, f"{table.source}, row {number} of the data") if cell else cell
        for number, (cell, *said) in enumerate(rows, 1)
    ]
    return replace(table, columns={**table.columns, text: texts})


def all_asked(tables: Mapping[Side, Table], text: str, about: Sequence[str]) -> dict[Side, Table]:
    return {side: asked_about(table, text, about) for side, table in tables.items()}


def about_one(text: str, told: str) -> str:
    """A text with marks around what a user names, or around the characters START,END."""
    start, comma, end = told.partition(",")
    name = marked(text, places_of(text, told)) if told.strip() else text
    if OPEN not in name and comma and start.strip().isdecimal() and end.strip().isdecimal():
        return _marked(text, [start, end], f"--about {told}")
    if OPEN not in name:
        raise HeadworkError(f"--about {told!r}: does not stand in the text; name it as the text does, or as START,END")
    return name


def _marked(text: str, said: Sequence[str | None], where: str) -> str:
    if len(said) == 1:
        name = (said[0] or "").strip()
        return marked(text, places_of(text, name)) if name else marked(text, [])
    start, end = (_number(cell) for cell in said)
    if start is None or end is None or not 0 <= start < end <= len(text):
        told = " to ".join(repr(cell) for cell in said)
        raise HeadworkError(
            f"{where}: characters {told} of a text of {len(text):,}; expected a start, and an end behind it"
        )
    return marked(text, [(start, end)])


def _number(cell: str | None) -> int | None:
    told = (cell or "").strip()
    return int(told) if told.isdecimal() and len(told) < 10 else None
