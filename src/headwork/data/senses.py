"""Texts in each of which one word is marked, with the sense that it has there, on three sides.

A table holds the texts and the senses. The word stands in square brackets in its text (`headwork.data.marked`), or two
columns say which word is meant and at which place it stands.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

import msgspec
import numpy as np
import pyarrow as pa

from headwork.base.disambiguate import Inventory, class_name, sense_of, word_of
from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.base.results import DataFacts, Split
from headwork.data.columns import Columns, check_column, choose_columns
from headwork.data.corpus import Corpus, Examples, fingerprint, in_order, numbered, split_by, tables_of
from headwork.data.marked import Occurrence, at_index, in_brackets
from headwork.data.sets import resolve
from headwork.data.sides import choose_sides
from headwork.data.sieve import Row, Sieve, rare_classes, rows_of, sieved
from headwork.data.split import SIDES, Side
from headwork.data.tables import Table

SENSES = ("sense", "senses", "meaning")
"""names of columns, before those that a label may have"""
WORD, INDEX = "word", "index"
"""columns that are taken without being named, the second only beside the first"""
SHOWN_SENSES = 10
"""names in a note"""
NOWHERE = Occurrence("", 0, 0, "")


class SenseColumns(msgspec.Struct, frozen=True, kw_only=True):
    """Where a table says which word of a text is meant."""

    text: str = "text"
    word: str | None = None
    """what the word is called; None: as it is spelt"""
    index: str | None = None
    """its place among the words of the text; None: it stands in brackets"""

    def occurrences(self, table: Table) -> list[Occurrence]:
        """One for each row; that of a row without a text is empty."""
        cells = [table.columns[name] if name else [None] * table.rows for name in (self.text, self.word, self.index)]
        found = []
        for place, (text, word, index) in enumerate(zip(*cells, strict=True), 1):
            where = f"{table.source}, row {place} of the data"
            if not (text and text.strip()):
                found.append(NOWHERE)
            elif self.index:
                found.append(at_index(text, index or "", where=where, word=word or ""))
            else:
                found.append(in_brackets(text, where=where, word=word or ""))
        return found


@dataclass(frozen=True, eq=False)
class SenseExamples(Examples):
    """The rows of one side; a word stands at the characters `starts` to `ends` of its text."""

    words: list[str]
    starts: list[int]
    ends: list[int]

    def __getitem__(self, places: Sequence[int]) -> Self:
        chosen = list(places)
        beside = {name: [getattr(self, name)[place] for place in chosen] for name in ("words", "starts", "ends")}
        return replace(super().__getitem__(chosen), **beside)

    @property
    def items(self) -> list[Occurrence]:
        return [Occurrence(*each) for each in zip(self.texts, self.starts, self.ends, self.words, strict=True)]


@dataclass(frozen=True, eq=False)
class SenseCorpus(Corpus):
    """All kept rows, in the order of the source."""

    BESIDE: ClassVar[tuple[str, ...]] = ("word", "start", "end")

    words: list[str]
    starts: list[int]
    ends: list[int]

    @property
    def inventory(self) -> Inventory:
        return Inventory(self.facts.classes)

    @property
    def asked_by(self) -> SenseColumns:
        """How a table like this one says which words are meant."""
        return SenseColumns(text=self.facts.text_column, **self.facts.word_columns)

    def columns(self) -> dict[str, pa.Array]:
        starts, ends = (pa.array(each, pa.int64()) for each in (self.starts, self.ends))
        return {**super().columns(), "word": pa.array(self.words, pa.string()), "start": starts, "end": ends}

    def part(self, side: Side) -> SenseExamples:
        whole = SenseExamples(self.texts, self.labels, self.rows, self.words, self.starts, self.ends)
        return whole[np.flatnonzero(self.sides == side).tolist()]

    def examples(self) -> Iterator[tuple[str, ...]]:
        """Rows of the test side on one line each, the sense first, the word in brackets."""
        test = self.part("test")
        for item, label in zip(test.items, test.labels, strict=True):
            yield sense_of(self.facts.classes[label]), " ".join(item.marked.split())


def prepare_senses(
    source: str | Path,
    *,
    text: str | None = None,
    label: str | None = None,
    word: str | None = None,
    index: str | None = None,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    group: str | None = None,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
) -> SenseCorpus:
    """Read, clean and split a source: a file, or the name of a data set.

    text, label: columns of the texts and of the senses; word, index: of the word that is meant and of its place, where
    it does not stand in brackets; dev, test, group: as `corpus.prepare` has them. Senses of too few rows, and words
    with one sense only, are left out with a note.
    """
    found = resolve(source)
    if not found.files:
        raise HeadworkError(f"{found.name}: no word is marked in its texts; name a table of your own, or coarsewsd20")
    tables = tables_of(found, {"dev": dev, "test": test}, limits)
    if group and len(tables) == len(SIDES):
        raise HeadworkError(f"--group {group}: the files already say which side a row is on; leave it out")
    columns, sense = choose_sense_columns(
        tables["train"], text=text, label=label, word=word, index=index, exclude=[group] if group else []
    )
    for table in tables.values():
        for name in filter(None, (columns.text, columns.word, columns.index, sense, group)):
            check_column(table, name)
    rows = rows_of({side: _rewritten(each, columns, sense) for side, each in tables.items()}, REWRITTEN, group)
    sieve = sieved(rows)
    of_class = Counter(row.label for row in sieve.rows)
    limits.check("classes", len(of_class), f"{found.name}, column {sense!r}")
    _drop_what_is_sure(sieve)
    sides = choose_sides(sieve, files=tables, group=group, seed=seed, source=found.name)
    gone = {name: count for name, count in of_class.items() if name not in {row.label for row in sieve.rows}}
    facts = DataFacts(
        source=found.name,
        fingerprint="",
        text_column=columns.text,
        label_column=sense,
        rows=sum(table.rows for table in tables.values()),
        classes=in_order({row.label for row in sieve.rows}),
        split=Split(**{side: sides.count(side) for side in SIDES}),
        dropped=dict(sieve.dropped),
        split_by=split_by(tables, group),
        notes=list(_notes(columns, gone)),
        word_columns={name: value for name in (WORD, INDEX) if (value := getattr(columns, name))},
    )
    return _corpus(facts, sieve, sides)


def choose_sense_columns(
    table: Table,
    *,
    text: str | None = None,
    label: str | None = None,
    word: str | None = None,
    index: str | None = None,
    exclude: Sequence[str] = (),
) -> tuple[SenseColumns, str]:
    """Where the words stand, and the column of their senses; those that were not named are guessed."""
    for name in filter(None, (word, index)):
        check_column(table, name)
    word = word or (WORD if WORD in table.columns else None)
    index = index or (INDEX if word and INDEX in table.columns else None)
    taken = [*filter(None, (word, index)), *exclude]
    named = label or next((name for name in SENSES if name in table.columns and name not in taken), None)
    found = choose_columns(table, text=text, label=named, exclude=taken)
    return SenseColumns(text=found.text, word=word, index=index), found.label


REWRITTEN = Columns("(text)", "(class)", second="(place)")
"""in a table beside its own, one of which may tell groups"""


def _rewritten(table: Table, columns: SenseColumns, sense: str) -> Table:
    """A table of plain texts, of classes, and of places that tell texts with other words marked apart."""
    items = columns.occurrences(table)
    senses = [" ".join((cell or "").split()) for cell in table.columns[sense]]
    rewritten = {
        REWRITTEN.text: [item.text for item in items],
        REWRITTEN.label: [class_name(item.word, own) if own else "" for item, own in zip(items, senses, strict=True)],
        REWRITTEN.second: [f"{item.start} {item.end}" for item in items],
    }
    return replace(table, columns={**table.columns, **rewritten})


def _drop_what_is_sure(sieve: Sieve) -> None:
    """Senses too small to stand on every side, then words that are left with one sense, which tell nothing."""
    sieve.drop_classes(rare_classes(sieve.rows))
    senses: defaultdict[str, set[str]] = defaultdict(set)
    for row in sieve.rows:
        senses[word_of(row.label)].add(row.label)
    sieve.drop("word with one sense", {row.index for row in sieve.rows if len(senses[word_of(row.label)]) < 2})


def _notes(columns: SenseColumns, gone: Mapping[str, int]) -> Iterator[str]:
    if columns.index is None:
        yield f"the word that is meant stands in square brackets in {columns.text!r}; --word and --index name columns"
    if gone:
        named = ", ".join(f"{name!r:.60} ({count})" for name, count in sorted(gone.items())[:SHOWN_SENSES])
        more = " and others" if len(gone) > SHOWN_SENSES else ""
        yield f"senses of too few rows to stand on every side, or of words with no other sense: {named}{more}"


def _corpus(facts: DataFacts, sieve: Sieve, sides: Sequence[Side]) -> SenseCorpus:
    texts, labels, words = (
        list(column) for column in zip(*((r.text, r.label, word_of(r.label)) for r in sieve.rows), strict=True)
    )
    starts, ends = (list(column) for column in zip(*(_place(row) for row in sieve.rows), strict=True))
    of_class = Counter(labels)
    told = msgspec.structs.replace(
        facts,
        fingerprint=fingerprint(texts, words, starts, ends, labels, sides),
        class_rows={label: of_class[label] for label in facts.classes},
    )
    rows = np.array([row.index for row in sieve.rows], dtype=np.int64)
    return SenseCorpus(told, texts, numbered(labels, facts.classes), np.array(sides), rows, words, starts, ends)


def _place(row: Row) -> tuple[int, int]:
    start, end = row.second.split(" ")
    return int(start), int(end)
