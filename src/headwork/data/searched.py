"""Queries, each with the document that it is to find, on three sides, cleaned, with an account of every row.

What a document is, the data say: the code of a function, a passage, the answer to a question.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.base.results import DataFacts, Split
from headwork.data.columns import check_column, check_filled, choose_search_columns
from headwork.data.corpus import fingerprint, split_by, tables_of
from headwork.data.duplicates import normalised, repeats
from headwork.data.pairs import PairCorpus
from headwork.data.sets import STDLIB, resolve
from headwork.data.sides import choose_sides_by_texts
from headwork.data.sieve import Row, Sieve, rows_of
from headwork.data.split import SIDES, Side
from headwork.data.stdlib import described_functions


@dataclass(frozen=True, eq=False)
class SearchCorpus(PairCorpus):
    """All kept pairs of a query and its document, in the order of the source. There are no labels."""

    def written(self) -> list[str]:
        return [""] * len(self.texts)

    @staticmethod
    def read_labels(cells: Sequence[str], classes: Sequence[str]) -> np.ndarray:
        return np.zeros(len(cells), np.int64)

    def examples(self) -> Iterator[tuple[str, ...]]:
        """Rows of the test side on one line each, the query first."""
        for pair in self.part("test").items:
            yield tuple(" ".join(text.split()) for text in pair)


def prepare_searched(
    source: str | Path,
    *,
    text: str | None = None,
    text_b: str | None = None,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    group: str | None = None,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
) -> SearchCorpus:
    """Read, clean and split a source: a file, the name of a data set, or `stdlib`.

    text, text_b: columns of the queries and of the documents, guessed where not given; dev, test: files of official
    sides; a side without a file is cut from the training rows. Pairs that share a query or a document stand on one
    side: cut together, or dropped where an official later side has it. HeadworkError where a cell is empty, and where
    too little is left.
    """
    found = resolve(source)
    if not found.files:
        if found.name != STDLIB:
            raise HeadworkError(f"{source}: holds no queries with documents; name a file that does, or {STDLIB}")
        group = group or "file"
    tables = tables_of(found, {"dev": dev, "test": test}, limits, embedded=described_functions)
    if group and len(tables) == len(SIDES):
        raise HeadworkError(f"--group {group}: the files already say which side a row is on; leave it out")
    columns = choose_search_columns(tables["train"], text=text, second=text_b, exclude=[group] if group else [])
    for table in tables.values():
        for name in filter(None, (columns.text, columns.second, group)):
            check_column(table, name)
        check_filled(table, {columns.text: "query", columns.second: "document"})
    sieve = _sieved(rows_of(tables, columns, group))
    sides = choose_sides_by_texts(sieve, files=tables, group=group, seed=seed, source=found.name)
    facts = DataFacts(
        source=found.name,
        fingerprint="",
        text_column=columns.text,
        second_column=columns.second,
        label_column="",
        rows=sum(table.rows for table in tables.values()),
        classes=[],
        split=Split(**{side: sides.count(side) for side in SIDES}),
        dropped=dict(sieve.dropped),
        split_by=split_by(tables, group).replace("stratified", "at random"),
        notes=list(columns.notes_of_pairs()),
    )
    return _corpus(facts, sieve, sides)


def _corpus(facts: DataFacts, sieve: Sieve, sides: Sequence[Side]) -> SearchCorpus:
    queries, documents = [row.text for row in sieve.rows], [row.second for row in sieve.rows]
    told = msgspec.structs.replace(facts, fingerprint=fingerprint(queries, documents, [""] * len(queries), list(sides)))
    rows = np.array([row.index for row in sieve.rows], dtype=np.int64)
    return SearchCorpus(told, queries, np.zeros(len(rows), np.int64), np.array(sides), rows, documents)


def _sieved(rows: Sequence[Row]) -> Sieve:
    """The rows without the ragged and the repeated ones, and without those that a later side would have seen."""
    sieve = Sieve(rows)
    sieve.drop("ragged row", {row.index for row in sieve.rows if row.ragged})
    for what, texts in (("document", _documents), ("query", _queries)):
        sieve.drop(f"{what} of a later side", _seen_later(sieve.rows, texts(sieve)))
    places = repeats(zip(_queries(sieve), _documents(sieve), (row.side for row in sieve.rows), strict=True))
    sieve.drop("duplicate", {sieve.rows[place].index for place in places})
    return sieve


def _queries(sieve: Sieve) -> list[str]:
    return [normalised(row.text) for row in sieve.rows]


def _documents(sieve: Sieve) -> list[str]:
    return [normalised(row.second) for row in sieve.rows]


def _seen_later(rows: Sequence[Row], texts: Sequence[str]) -> Collection[int]:
    """The rows whose text a row of a later side has too."""
    by_text = list(zip(rows, texts, strict=True))
    latest = {text: SIDES.index(row.side) for row, text in by_text}  # rows come side by side, so the last one stays
    return {row.index for row, text in by_text if SIDES.index(row.side) < latest[text]}
