"""A corpus: texts with labels on three sides, cleaned, with an account of every row that was read."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import msgspec
import numpy as np
import pyarrow as pa
from pyarrow import parquet

from headwork.base.about import shown
from headwork.base.errors import HeadworkError
from headwork.base.files import read_json, write_atomically
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.base.results import DataFacts, Split
from headwork.data.about import about_columns, all_asked
from headwork.data.columns import Columns, check_column, check_numbers, choose_columns, is_number
from headwork.data.embedded import EMBEDDED
from headwork.data.facts import write_facts
from headwork.data.sets import DataSet, resolve
from headwork.data.sides import choose_sides
from headwork.data.sieve import Row, Sieve, rows_of, sieved
from headwork.data.split import SIDES, Side
from headwork.data.tables import Table, format_of, read_table


@dataclass(frozen=True, eq=False)
class Examples:
    """The rows of one side. labels: (n,) int64, index into the classes; rows: (n,) int64, index in the source.

    Where a row may have several labels, or none, labels: (n, L) truths.
    """

    texts: list[str]
    labels: np.ndarray
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, places: Sequence[int]) -> Self:
        chosen = list(places)
        return replace(
            self, texts=[self.texts[place] for place in chosen], labels=self.labels[chosen], rows=self.rows[chosen]
        )

    @property
    def items(self) -> Sequence[Any]:
        """What a model is given."""
        return self.texts

    def sample(self, count: int) -> Self:
        """The same few rows for every model: chosen by a fixed generator."""
        return self[np.sort(np.random.default_rng(0).permutation(len(self))[:count]).tolist()]

    def share(self, share: float) -> Self:
        """A share of the rows of each class, at least one; a smaller share is part of a larger one."""
        if share == 1.0:
            return self
        order = np.random.default_rng(0).permutation(len(self))
        classes = self.labels if self.labels.dtype.kind == "i" else np.zeros(len(self))
        chosen: list[int] = []
        for label in np.unique(classes):
            of_class = order[classes[order] == label]
            chosen += of_class[: max(1, round(share * len(of_class)))].tolist()
        return self[sorted(chosen)]


@dataclass(frozen=True, eq=False)
class Corpus:
    """All kept rows, in the order of the source.

    labels: (n,) int64, index into facts.classes; sides: (n,) "train", "dev" or "test"; rows: (n,) int64, index of the
    row in the source, counted over its files in the order train, dev, test.
    """

    BESIDE: ClassVar[tuple[str, ...]] = ()
    """further columns of rows.parquet, fields of a kind of corpus that has them"""

    facts: DataFacts
    texts: list[str]
    labels: np.ndarray
    sides: np.ndarray
    rows: np.ndarray

    @property
    def name(self) -> str:
        """What to call it in the names of folders."""
        suffix = format_of(Path(self.facts.source))
        stem = Path(self.facts.source).name[: -len(suffix)] if suffix else self.facts.source
        return re.sub(r"[^\w.-]+", "-", stem).strip("-.") or "data"

    def part(self, side: Side) -> Examples:
        return Examples(self.texts, self.labels, self.rows)[np.flatnonzero(self.sides == side).tolist()]

    def examples(self) -> Iterator[tuple[str, ...]]:
        """Rows of the test side on one line each, the label first."""
        test = self.part("test")
        for text, label in zip(test.texts, test.labels, strict=True):
            yield self.facts.classes[label], " ".join(shown(text).split())

    def columns(self) -> dict[str, pa.Array]:
        """What rows.parquet holds."""
        return {
            "row": pa.array(self.rows),
            "side": pa.array(self.sides.tolist(), pa.string()),
            "label": pa.array(self.written(), pa.large_string()),
            "text": pa.array(self.texts, pa.large_string()),
        }

    def written(self) -> list[str]:
        """The label of each row as text, which `read_labels` gives back."""
        classes = self.facts.classes
        return [classes[label] if classes else repr(float(label)) for label in self.labels]

    @staticmethod
    def read_labels(cells: Sequence[str], classes: Sequence[str]) -> np.ndarray:
        return numbered(cells, classes)

    def save(self, folder: Path) -> None:
        """Write rows.parquet, split.json and data.json, the last one last."""
        table = pa.table(self.columns())
        write_atomically(folder / "rows.parquet", lambda path: parquet.write_table(table, path))
        self.save_facts(folder)

    def save_facts(self, folder: Path) -> None:
        """Write split.json (the rows of each side) and data.json."""
        write_facts(folder, self.facts, rows=self.rows, sides=self.sides)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; HeadworkError where it is missing or was changed."""
        facts = read_json(folder / "data.json", DataFacts)
        path = folder / "rows.parquet"
        texts = ("text", *cls.BESIDE)
        try:
            columns = parquet.read_table(path, columns=["row", "side", "label", *texts]).to_pydict()
            labels = cls.read_labels(columns["label"], facts.classes)
            found = fingerprint(*(columns[name] for name in (*texts, "label", "side")))
        except (OSError, KeyError, TypeError, ValueError, pa.ArrowException) as error:
            raise HeadworkError(f"{path}: missing or damaged ({error}); prepare the data again") from error
        if found != facts.fingerprint:
            raise HeadworkError(f"{path}: not the rows that data.json tells of; prepare the data again")
        sides, rows = np.array(columns["side"]), np.array(columns["row"], dtype=np.int64)
        return cls(facts, columns["text"], labels, sides, rows, *(columns[name] for name in texts[1:]))


def prepare(
    source: str | Path,
    *,
    text: str | None = None,
    label: str | None = None,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    group: str | None = None,
    about: str | None = None,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
    as_classes: bool = False,
) -> Corpus:
    """Read, clean and split a source: a file, or the name of a data set.

    text, label: columns, guessed where not given; dev, test: files of official sides; a side without a file is cut from
    the training rows, class by class, with rows together whose cells in the column `group` are equal. about: a column
    with the name of what is asked about, or two with the characters where it stands. as_classes: any number of
    numeric labels are classes. HeadworkError where what is left cannot be learnt from.
    """
    found = resolve(source)
    own = None if found.files else EMBEDDED[found.name]
    if own:
        text, label, group = text or own.text, label or own.label, group or own.group
        about = about or own.about
    tables = tables_of(found, {"dev": dev, "test": test}, limits)
    if group and len(tables) == len(SIDES):
        raise HeadworkError(f"--group {group}: the files already say which side a row is on; leave it out")
    of_about = about_columns(about)
    exclude = [*([group] if group else []), *of_about]
    columns = choose_columns(tables["train"], text=text, label=label, exclude=exclude)
    for table in tables.values():
        for name in filter(None, (columns.text, columns.label, group)):
            check_column(table, name)
    if of_about:
        tables = all_asked(tables, columns.text, of_about)
    sieve = sieved(rows_of(tables, columns, group), near=bool(own and own.near), about=bool(of_about))
    if not as_classes:
        check_numbers([row.label for row in sieve.rows], columns.label)
    of_class = Counter(row.label for row in sieve.rows)
    limits.check("classes", len(of_class), f"{found.name}, column {columns.label!r}")
    sides = choose_sides(sieve, files=tables, group=group, seed=seed, source=found.name)
    return _corpus(
        sieve,
        sides,
        source=found.name,
        columns=columns,
        about=",".join(of_about),
        rows=sum(table.rows for table in tables.values()),
        split_by=split_by(tables, group),
        notes=list(_notes(columns, sieve.rows, of_class)),
    )


def tables_of(
    found: DataSet,
    others: Mapping[Side, str | Path | None],
    limits: Limits,
    *,
    embedded: Callable[[], Table] | None = None,
) -> dict[Side, Table]:
    """The table of each side that has one; `embedded` makes those of a set without files, where a task has its own."""
    files = {**found.files, **{side: Path(path) for side, path in others.items() if path is not None}}
    tables: dict[Side, Table] = {}
    if not found.files:
        tables = {"train": embedded()} if embedded else EMBEDDED[found.name].tables()
    for side in SIDES:
        if side in files:
            tables[side] = read_table(files[side], limits)
    return tables


def split_by(sides: Collection[Side], group: str | None) -> str:
    """How sides were chosen, in words."""
    cut = f"group {group}" if group else "stratified"
    if len(sides) == 1:
        return cut
    absent = [side for side in SIDES if side not in sides]
    return f"files; {absent[0]} cut from train, {cut}" if absent else "files"


def _notes(columns: Columns, kept: Sequence[Row], of_class: Mapping[str, int]) -> Iterator[str]:
    for name in columns.guessed:
        kind = "text" if name == columns.text else "label"
        yield f"guessed that {name!r} is the {kind} column; --{kind} names another"
    texts = Counter(row.question for row in kept)
    several = sum(texts[row.question] > 1 for row in kept)
    if several:
        yield f"{several:,} rows have a text that stands there with another label too; they are kept"
    gone = sorted(of_class.keys() - {row.label for row in kept})
    if gone:
        named = ", ".join(f"{label!r:.40} ({of_class[label]})" for label in gone[:10])
        yield f"classes too small to stand on every side: {named}{' and others' if len(gone) > 10 else ''}"


def _corpus(
    sieve: Sieve,
    sides: Sequence[Side],
    *,
    source: str,
    columns: Columns,
    about: str,
    rows: int,
    split_by: str,
    notes: list[str],
) -> Corpus:
    texts, labels = [row.text for row in sieve.rows], [row.label for row in sieve.rows]
    of_class, of_side = Counter(labels), Counter(sides)
    classes = in_order(of_class)
    facts = DataFacts(
        source=source,
        fingerprint=fingerprint(texts, labels, sides),
        text_column=columns.text,
        label_column=columns.label,
        about_column=about,
        rows=rows,
        classes=classes,
        split=Split(**{side: of_side[side] for side in SIDES}),
        dropped=dict(sieve.dropped),
        split_by=split_by,
        class_rows={label: of_class[label] for label in classes},
        notes=notes,
    )
    indices = np.array([row.index for row in sieve.rows], dtype=np.int64)
    return Corpus(facts, texts, numbered(labels, classes), np.array(sides), indices)


def in_order(classes: Collection[str]) -> list[str]:
    """By their value where all are numbers, else by name."""
    numeric = all(map(is_number, classes))
    return sorted(classes, key=lambda label: (float(label) if numeric else 0.0, label))


def numbered(labels: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    """(n,) places of labels among the classes, int64; without classes the numbers that they are, float64."""
    if not classes:
        return np.array([float(label) for label in labels])
    places = {name: place for place, name in enumerate(classes)}
    return np.array([places[label] for label in labels], dtype=np.int64)


def fingerprint(*columns: Sequence[str]) -> str:
    """sha256 over rows of cells."""
    digest = hashlib.sha256()
    for row in zip(*columns, strict=True):
        digest.update(msgspec.json.encode(row))
    return digest.hexdigest()
