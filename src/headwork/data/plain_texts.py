"""Texts without labels, to learn a language or its words from: the lines of a file, or a column of a table.

Every other twentieth of the texts is held out, so that neighbours mostly stay together.
"""

from collections.abc import Sequence
from typing import NamedTuple

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.data.columns import choose_text_column
from headwork.data.lines import read_lines
from headwork.data.sets import TABLES, resolve
from headwork.data.stdlib import docstrings
from headwork.data.tables import read_table, suffix_of

LINES = (".txt", ".txt.gz")
PARTS = 20
FEWEST = 40
"""texts"""


class Halves(NamedTuple):
    """What may be learnt from, and what is held out."""

    learnt: list[str]
    held_out: list[str]


class Texts(NamedTuple):
    """Different texts in their order, and the column that they stood in, if any."""

    texts: list[str]
    column: str = ""


def read_texts(source: str, *, column: str | None = None, limits: Limits = DEFAULT_LIMITS) -> Texts:
    """Those of a file, of the training file of a set, or of stdlib; blank ones are left out."""
    files = resolve(source, (*TABLES, *LINES)).files
    if files and suffix_of(files["train"], LINES):
        if column is not None:
            raise HeadworkError(f"--column {column}: {source} has lines and no columns; leave it out")
        found, column = read_lines(files["train"], limits), ""
    else:
        table = read_table(files["train"], limits) if files else docstrings()
        column = choose_text_column(table, column)
        found = table.columns[column]
    different = list(dict.fromkeys(text for text in found if text and text.strip()))
    if len(different) < FEWEST:
        raise HeadworkError(f"{source}: {len(different)} different texts; at least {FEWEST} are needed, give more")
    return Texts(different, column)


def halves_of(texts: Sequence[str]) -> Halves:
    sides: Halves = Halves([], [])
    for place, text in enumerate(texts):
        sides[place * PARTS // len(texts) % 2].append(text)
    return sides
