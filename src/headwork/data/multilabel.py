"""Texts with any number of labels each, on three sides, cleaned, with an account of every row that was read.

A label that fewer than FEWEST_OF_CLASS rows have, or no row of the training side, cannot be learnt and is left out; its
rows stay.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.base.results import DataFacts, Split
from headwork.data.columns import LabelColumns, check_column, choose_label_columns
from headwork.data.corpus import Corpus, fingerprint, in_order, split_by, tables_of
from headwork.data.label_sets import Sets, sets_of_cells, sets_of_columns
from headwork.data.sets import resolve
from headwork.data.sides import choose_sides_by_labels
from headwork.data.sieve import FEWEST_OF_CLASS, Sieve, rows_of, sieved
from headwork.data.split import SIDES, Side
from headwork.data.tables import Table

SHOWN_LABELS = 10
"""names in a note"""


@dataclass(frozen=True, eq=False)
class MultilabelCorpus(Corpus):
    """All kept rows, in the order of the source. labels: (n, L) true where a row has the label."""

    def examples(self) -> Iterator[tuple[str, ...]]:
        """Rows of the test side on one line each, their labels first."""
        test = self.part("test")
        for text, labels in zip(test.texts, test.labels, strict=True):
            yield ", ".join(self.names(labels)) or "(none)", " ".join(text.split())

    def names(self, labels: np.ndarray) -> list[str]:
        """Those that (L,) truths say."""
        return [self.facts.classes[place] for place in np.flatnonzero(labels)]

    def written(self) -> list[str]:
        return [written(self.names(labels)) for labels in self.labels]

    @staticmethod
    def read_labels(cells: Sequence[str], classes: Sequence[str]) -> np.ndarray:
        try:
            return truths([read(cell) for cell in cells], classes)
        except msgspec.DecodeError as error:
            raise ValueError(str(error)) from error


def prepare_multilabel(
    source: str | Path,
    *,
    text: str | None = None,
    label: str | None = None,
    labels: str | None = None,
    separator: str | None = None,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    group: str | None = None,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
) -> MultilabelCorpus:
    """Read, clean and split a source: a file, or the name of a data set.

    label: a column whose cells hold several labels, with `separator` between them; labels: columns of 0 and 1, their
    names joined by commas; guessed where neither is given. text, dev, test, group: as `corpus.prepare` has them.
    """
    found = resolve(source)
    if not found.files:
        raise HeadworkError(f"{found.name}: its rows have one label each; name a table of rows with several")
    tables = tables_of(found, {"dev": dev, "test": test}, limits)
    if group and len(tables) == len(SIDES):
        raise HeadworkError(f"--group {group}: the files already say which side a row is on; leave it out")
    named = [name.strip() for name in (labels or "").split(",") if name.strip()]
    columns = choose_label_columns(
        tables["train"], text=text, label=label, labels=named, exclude=[group] if group else []
    )
    for table in tables.values():
        for name in filter(None, (columns.text, *columns.labels, group)):
            check_column(table, name)
    if columns.flags and separator:
        raise HeadworkError("--separator: means nothing for columns of 0 and 1; leave it out")
    sets, notes = (
        sets_of_columns(tables, columns.labels)
        if columns.flags
        else sets_of_cells(tables, columns.labels[0], separator=separator, limits=limits)
    )
    sieve = sieved(rows_of(_with_sets(tables, sets, columns), columns.joined, group))
    has = [read(row.label) for row in sieve.rows]
    counts = Counter(label for labels in has for label in labels)
    limits.check("classes", len(counts), f"{found.name}, labels")
    frequent = {label for label, count in counts.items() if count >= FEWEST_OF_CLASS}
    strata = [[label for label in labels if label in frequent] for labels in has]
    sides = choose_sides_by_labels(sieve, strata, files=tables, group=group, seed=seed, source=found.name)
    learnt = {label for labels, side in zip(strata, sides, strict=True) if side == "train" for label in labels}
    if not learnt:
        raise HeadworkError(
            f"{found.name}: none of its {len(counts):,} labels stands on {FEWEST_OF_CLASS} rows and in training; "
            "is this the column of the labels?"
        )
    left_out = {label: counts[label] for label in sorted(counts.keys() - learnt)}
    facts = DataFacts(
        source=found.name,
        fingerprint="",
        text_column=columns.text,
        label_column=columns.joined.label,
        rows=sum(table.rows for table in tables.values()),
        classes=in_order(learnt),
        split=Split(**{side: sides.count(side) for side in SIDES}),
        dropped=dict(sieve.dropped),
        split_by=split_by(tables, group),
        notes=[*columns.told, *notes, *_notes(sieve, [learnt.intersection(labels) for labels in has], left_out)],
    )
    return _corpus(facts, sieve, [[label for label in labels if label in learnt] for labels in has], sides)


def written(labels: Sequence[str]) -> str:
    """A set of labels as it stands in one cell of rows.parquet."""
    return msgspec.json.encode(sorted(labels)).decode()


def read(cell: str) -> list[str]:
    return msgspec.json.decode(cell, type=list[str])


def truths(sets: Sequence[Sequence[str]], classes: Sequence[str]) -> np.ndarray:
    """(n, L) which of the classes each set holds."""
    places = {name: place for place, name in enumerate(classes)}
    found = np.zeros((len(sets), len(classes)), bool)
    for row, names in enumerate(sets):
        found[row, [places[name] for name in names]] = True
    return found


def _corpus(facts: DataFacts, sieve: Sieve, sets: Sequence[Sequence[str]], sides: Sequence[Side]) -> MultilabelCorpus:
    texts, labels = [row.text for row in sieve.rows], truths(sets, facts.classes)
    rows = np.array([row.index for row in sieve.rows], dtype=np.int64)
    told = msgspec.structs.replace(
        facts,
        fingerprint=fingerprint(texts, list(map(written, sets)), sides),
        class_rows=dict(zip(facts.classes, labels.sum(0).tolist(), strict=True)),
        cardinality=float(labels.sum(1).mean()),
    )
    return MultilabelCorpus(told, texts, labels, np.array(sides), rows)


def _with_sets(tables: Mapping[Side, Table], sets: Sets, columns: LabelColumns) -> dict[Side, Table]:
    """The tables with a column that holds the set of each row."""
    return {
        side: replace(table, columns={**table.columns, columns.joined.label: [written(each) for each in sets[side]]})
        for side, table in tables.items()
    }


def _notes(sieve: Sieve, sets: Sequence[Collection[str]], left_out: Mapping[str, int]) -> Iterator[str]:
    if left_out:
        named = ", ".join(f"{label!r:.40} ({count})" for label, count in list(left_out.items())[:SHOWN_LABELS])
        more = " and others" if len(left_out) > SHOWN_LABELS else ""
        yield f"labels of too few rows to be learnt, or of none in training, are left out: {named}{more}"
    bare = sum(not labels for labels in sets)
    if bare:
        yield f"{bare:,} rows have no label; they are kept"
    texts = Counter(row.key for row in sieve.rows)
    several = sum(texts[row.key] > 1 for row in sieve.rows)
    if several:
        yield f"{several:,} rows have a text that stands there with other labels too; they are kept"
