"""Pairs of texts with a class or a score, on three sides, cleaned, with an account of every row that was read.

A column of at most 20 different numbers, or of words, holds classes; one of more numbers holds scores. What one says
otherwise counts: `as_classes`, `as_scores`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, NamedTuple, Self

import msgspec
import numpy as np
import pyarrow as pa

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.base.results import DataFacts, Split
from headwork.data.columns import NUMERIC_CLASSES, Columns, check_column, check_filled, choose_pair_columns, is_number
from headwork.data.corpus import Corpus, Examples, fingerprint, in_order, numbered, split_by, tables_of
from headwork.data.sets import resolve
from headwork.data.sides import choose_sides, choose_sides_by_score
from headwork.data.sieve import Row, Sieve, rows_of, sieved
from headwork.data.split import SIDES, Side
from headwork.data.tables import Table

MOSTLY = 0.5
"""share of numbers from which on a column of many is one of scores with something else in it"""


class Pair(NamedTuple):
    """Two texts in their order."""

    first: str
    second: str


@dataclass(frozen=True, eq=False)
class PairExamples(Examples):
    """The pairs of one side; `texts` are the first ones. labels: (n,) int64 classes, or float64 scores."""

    seconds: list[str]

    def __getitem__(self, places: Sequence[int]) -> Self:
        chosen = list(places)
        return replace(super().__getitem__(chosen), seconds=[self.seconds[place] for place in chosen])

    @property
    def items(self) -> Sequence[Pair]:
        return [Pair(first, second) for first, second in zip(self.texts, self.seconds, strict=True)]


@dataclass(frozen=True, eq=False)
class PairCorpus(Corpus):
    """All kept pairs, in the order of the source. labels: (n,) int64, or float64 where facts.classes is empty."""

    BESIDE: ClassVar[tuple[str, ...]] = ("second",)

    seconds: list[str]

    def part(self, side: Side) -> PairExamples:
        whole = PairExamples(self.texts, self.labels, self.rows, self.seconds)
        return whole[np.flatnonzero(self.sides == side).tolist()]

    def examples(self) -> Iterator[tuple[str, ...]]:
        """Rows of the test side on one line each, the target first."""
        test, classes = self.part("test"), self.facts.classes
        for pair, label in zip(test.items, test.labels, strict=True):
            yield classes[label] if classes else f"{label:g}", *(" ".join(text.split()) for text in pair)

    def columns(self) -> dict[str, pa.Array]:
        return {**super().columns(), "second": pa.array(self.seconds, pa.large_string())}


def prepare_pairs(
    source: str | Path,
    *,
    text: str | None = None,
    text_b: str | None = None,
    label: str | None = None,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    group: str | None = None,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
    as_classes: bool = False,
    as_scores: bool = False,
) -> PairCorpus:
    """Read, clean and split a source: a file, or the name of a data set.

    text, text_b, label: columns, guessed where not given; dev, test: files of official sides; a side without a file is
    cut from the training rows, with the pairs of one first text together, and rows of one `group`. HeadworkError where
    a cell that is needed is empty, where a score is no number, and where what is left cannot be learnt from.
    """
    found = resolve(source)
    if not found.files:
        raise HeadworkError(f"{found.name}: its texts are single ones; name a table of pairs, or a set such as sick")
    if as_classes and as_scores:
        raise HeadworkError("--as-classes, --as-scores: the target is one or the other; leave one out")
    tables = tables_of(found, {"dev": dev, "test": test}, limits)
    if group and len(tables) == len(SIDES):
        raise HeadworkError(f"--group {group}: the files already say which side a row is on; leave it out")
    exclude = [group] if group else []
    columns = choose_pair_columns(tables["train"], text=text, second=text_b, label=label, exclude=exclude)
    for table in tables.values():
        for name in filter(None, (columns.text, columns.second, columns.label, group)):
            check_column(table, name)
        check_filled(table, {columns.text: "text", columns.second: "second text", columns.label: "target"})
    scores = not as_classes and _are_scores(tables, columns.label, asked=as_scores)
    sieve = sieved(rows_of(tables, columns, group))
    if not scores:
        limits.check("classes", len({row.label for row in sieve.rows}), f"{found.name}, column {columns.label!r}")
    choose = choose_sides_by_score if scores else choose_sides
    sides = choose(sieve, files=tables, group=group, seed=seed, source=found.name)
    facts = DataFacts(
        source=found.name,
        fingerprint="",
        text_column=columns.text,
        second_column=columns.second,
        label_column=columns.label,
        rows=sum(table.rows for table in tables.values()),
        classes=[] if scores else in_order({row.label for row in sieve.rows}),
        split=Split(**{side: sides.count(side) for side in SIDES}),
        dropped=dict(sieve.dropped),
        split_by=split_by(tables, group),
        notes=list(_notes(columns, sieve.rows, scores=scores)),
    )
    return _pairs(facts, sieve, sides)


def _pairs(facts: DataFacts, sieve: Sieve, sides: Sequence[Side]) -> PairCorpus:
    texts, seconds = [row.text for row in sieve.rows], [row.second for row in sieve.rows]
    labels = [row.label if facts.classes else repr(float(row.label)) for row in sieve.rows]
    of_class = Counter(labels)
    told = msgspec.structs.replace(
        facts,
        fingerprint=fingerprint(texts, seconds, labels, sides),
        class_rows={label: of_class[label] for label in facts.classes},
    )
    rows = np.array([row.index for row in sieve.rows], dtype=np.int64)
    return PairCorpus(told, texts, numbered(labels, facts.classes), np.array(sides), rows, seconds)


def _are_scores(tables: Mapping[Side, Table], name: str, *, asked: bool) -> bool:
    """Does the column hold numbers to be predicted, and no classes?"""
    cells = {(cell or "").strip() for table in tables.values() for cell in table.columns[name]} - {""}
    numbers = sum(map(is_number, cells))
    if not asked and (numbers <= NUMERIC_CLASSES or numbers < MOSTLY * len(cells)):
        return False
    for table in tables.values():
        for place, cell in enumerate(table.columns[name], 1):
            if cell and not is_number(cell.strip()):
                hint = "" if asked else ", or pass --as-classes if each different one is a class"
                raise HeadworkError(
                    f"{table.source}, row {place} of the data: {cell.strip()!r:.60} is no number, but the column "
                    f"{name!r} holds scores; correct it{hint}"
                )
    return True


def _notes(columns: Columns, kept: Sequence[Row], *, scores: bool) -> Iterator[str]:
    yield from columns.notes_of_pairs()
    if scores:
        values = [float(row.label) for row in kept]
        yield f"the target is a score from {min(values):g} to {max(values):g}; --as-classes makes its values classes"
    pairs = Counter(row.key for row in kept)
    several = sum(pairs[row.key] > 1 for row in kept)
    if several:
        yield f"{several:,} rows have a pair that stands there again, the other way round or with another target"
