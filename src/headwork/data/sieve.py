"""Which rows cannot be used and why, found step by step; a row is dropped for the first reason that holds."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from headwork.base.about import OPEN, bare
from headwork.data.columns import Columns
from headwork.data.duplicates import near_repeats, normalised, repeats
from headwork.data.split import SIDES, Side
from headwork.data.tables import Table

FEWEST_OF_CLASS = 5


class Row(NamedTuple):
    """A row that was read; a cell that the file lacks is an empty text."""

    index: int
    """place over all files"""
    text: str
    label: str
    side: Side
    """of its file"""
    group: str
    ragged: bool
    key: bytes
    """stands for the normalised text; of a pair for both texts, whichever comes first"""
    second: str = ""
    """the other text of a pair"""

    @property
    def question(self) -> tuple[bytes, str]:
        """The text, and what is asked about in it where anything is."""
        return self.key, normalised(self.text) if OPEN in self.text else ""


class Sieve:
    """The rows that are left and, by reason, how many are not."""

    def __init__(self, rows: Iterable[Row]):
        self.rows = list(rows)
        self.dropped: Counter[str] = Counter()

    def drop(self, reason: str, indices: Container[int]) -> None:
        kept = [row for row in self.rows if row.index not in indices]
        if len(kept) < len(self.rows):
            self.dropped[reason] += len(self.rows) - len(kept)
            self.rows = kept

    def drop_classes(self, labels: Container[str]) -> None:
        self.drop("class too small", {row.index for row in self.rows if row.label in labels})


def rows_of(tables: Mapping[Side, Table], columns: Columns, group: str | None) -> list[Row]:
    """The rows of all files, in the order train, dev, test."""
    rows: list[Row] = []
    for side in sorted(tables, key=SIDES.index):
        table = tables[side]
        ragged = set(table.ragged)
        groups = table.columns[group] if group else [None] * table.rows
        seconds = table.columns[columns.second] if columns.second else [None] * table.rows
        labels = table.columns[columns.label] if columns.label else [None] * table.rows
        cells = zip(table.columns[columns.text], labels, groups, seconds, strict=True)
        for place, (text, label, of_group, second) in enumerate(cells):
            texts = [text or "", second or ""] if columns.second else [text or ""]
            found = (texts[0], (label or "").strip(), side, of_group or "", place in ragged, _key(texts), second or "")
            rows.append(Row(len(rows), *found))
    return rows


def _key(texts: Sequence[str]) -> bytes:
    joined = "\x1f".join(sorted(normalised(bare(text).text) for text in texts))
    return hashlib.blake2b(joined.encode(), digest_size=16).digest()


def sieved(rows: Sequence[Row], *, near: bool = False, about: bool = False) -> Sieve:
    """The rows without the ragged, the empty and the repeated ones; with `near` without near repeats too.

    With `about`, without those whose text does not hold what is asked about.
    A row repeats another of its side when normalised text and label are the same. Where files stand for sides a row
    also goes when its text is in a later side, whatever the label: what is asked there must not have been seen before.
    """
    sieve = Sieve(rows)
    sieve.drop("ragged row", {row.index for row in sieve.rows if row.ragged})
    sieve.drop("empty text", {row.index for row in sieve.rows if not row.text.strip()})
    sieve.drop("empty label", {row.index for row in sieve.rows if not row.label})
    if about:
        sieve.drop("asked about what the text does not name", {row.index for row in sieve.rows if OPEN not in row.text})
    latest = {row.key: SIDES.index(row.side) for row in sieve.rows}  # rows come side by side, so the last one stays
    earlier = {row.index for row in sieve.rows if SIDES.index(row.side) < latest[row.key]}
    sieve.drop("duplicate of a later split", earlier)
    # The other way round a pair may well have another answer, and is another row.
    places = repeats((row.question, normalised(row.second), row.label, row.side) for row in sieve.rows)
    sieve.drop("duplicate", {sieve.rows[place].index for place in places})
    if near:
        places = near_repeats([row.text for row in sieve.rows])
        sieve.drop("near-duplicate", {sieve.rows[place].index for place in places})
    return sieve


def rare_classes(rows: Iterable[Row]) -> dict[str, int]:
    """Classes of fewer than FEWEST_OF_CLASS rows, with their numbers of rows."""
    counts = Counter(row.label for row in rows)
    return {label: counts[label] for label in sorted(counts) if counts[label] < FEWEST_OF_CLASS}


def absent_classes(rows: Sequence[Row], sides: Sequence[Side]) -> dict[str, int]:
    """Classes that the training or the test side lacks, with their numbers of rows."""
    found: defaultdict[str, Counter[Side]] = defaultdict(Counter)
    for row, side in zip(rows, sides, strict=True):
        found[row.label][side] += 1
    return {label: found[label].total() for label in sorted(found) if not {"train", "test"} <= found[label].keys()}
