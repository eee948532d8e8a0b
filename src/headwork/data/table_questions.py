"""Questions about tables on three sides, cleaned, with an account of every one that was read.

What is right is a set of answers, or a label where a statement is judged; the file says which. Questions about one
table stay on one side, and a training question about a table of a later side is dropped.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from headwork.base.errors import HeadworkError
from headwork.base.files import read_json, write_atomically
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.base.results import DataFacts, Split
from headwork.base.sheets import Asked, Sheet
from headwork.data.asked_tables import Kind, Row, questions_in, read_asked, sheets_of
from headwork.data.corpus import fingerprint
from headwork.data.duplicates import normalised
from headwork.data.facts import write_facts
from headwork.data.sets import resolve
from headwork.data.sets import sets_of as named_sets
from headwork.data.sheets import TABLES
from headwork.data.split import SHARES, SIDES, Side, split

FEWEST_QUESTIONS = 20
LARGE = 1_000
"""rows of a table from which on it is worth a note"""


@dataclass(frozen=True, eq=False)
class TableQuestions:
    """The questions of one side. rows: (n,) int64, index in the source."""

    asked: list[Asked]
    right: list[tuple[str, ...]]
    """the answers, or the label alone"""
    ids: list[str]
    rows: np.ndarray
    classes: tuple[str, ...] = ()
    """none where answers are asked for"""

    def __len__(self) -> int:
        return len(self.asked)

    def __getitem__(self, places: Sequence[int]) -> "TableQuestions":
        chosen = list(places)
        return TableQuestions(
            [self.asked[place] for place in chosen],
            [self.right[place] for place in chosen],
            [self.ids[place] for place in chosen],
            self.rows[chosen],
            self.classes,
        )

    @property
    def items(self) -> list[Asked]:
        return self.asked

    @property
    def labels(self) -> Any:
        """(n,) places in the classes, or the answers of each question."""
        if not self.classes:
            return self.right
        return np.array([self.classes.index(label) for (label,) in self.right], dtype=np.int64)

    @property
    def tables(self) -> np.ndarray:
        """(n,) numbers, the same for questions about one table."""
        return np.unique([_key(asked.sheet) for asked in self.asked], return_inverse=True)[1]

    def sample(self, count: int) -> "TableQuestions":
        """The same few questions for every model: chosen by a fixed generator."""
        return self[np.sort(np.random.default_rng(0).permutation(len(self))[:count]).tolist()]

    def share(self, share: float) -> "TableQuestions":
        """A share of the questions, at least one; a smaller share is part of a larger one."""
        return self if share == 1.0 else self.sample(max(1, round(share * len(self))))


@dataclass(frozen=True, eq=False)
class TableCorpus:
    """All kept questions, in the order of the source; sides: (n,) "train", "dev" or "test"."""

    facts: DataFacts
    questions: TableQuestions
    sides: np.ndarray

    @property
    def name(self) -> str:
        """What to call it in the names of folders."""
        name = Path(self.facts.source).name.partition(".")[0]
        return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "tables"

    def part(self, side: Side) -> TableQuestions:
        return self.questions[np.flatnonzero(self.sides == side).tolist()]

    def examples(self) -> Iterator[tuple[str, ...]]:
        """Questions of the test side, what is right first."""
        test = self.part("test")
        for asked, right in zip(test.asked, test.right, strict=True):
            yield " | ".join(right), asked.text, ", ".join(asked.sheet.header)

    def save(self, folder: Path) -> None:
        """Write tables.parquet, rows.parquet, split.json and data.json, the last one last."""
        found = self.questions
        sheets = {_key(asked.sheet): asked.sheet for asked in found.asked}
        places = {key: place for place, key in enumerate(sheets)}
        cells = pa.list_(pa.large_string())
        tables = {
            "id": pa.array([sheet.id for sheet in sheets.values()], pa.string()),
            "title": pa.array([sheet.title for sheet in sheets.values()], pa.string()),
            "header": pa.array([list(sheet.header) for sheet in sheets.values()], cells),
            "rows": pa.array([list(map(list, sheet.rows)) for sheet in sheets.values()], pa.list_(cells)),
        }
        columns = {
            "row": pa.array(found.rows),
            "side": pa.array(self.sides.tolist(), pa.string()),
            "id": pa.array(found.ids, pa.string()),
            "text": pa.array([asked.text for asked in found.asked], pa.large_string()),
            "table": pa.array([places[_key(asked.sheet)] for asked in found.asked], pa.int64()),
            "right": pa.array(list(map(list, found.right)), cells),
        }
        for name, of in (("tables", tables), ("rows", columns)):
            write_atomically(folder / f"{name}.parquet", _written(pa.table(of)))
        self.save_facts(folder)

    def save_facts(self, folder: Path) -> None:
        """Write split.json (the rows of each side) and data.json."""
        write_facts(folder, self.facts, rows=self.questions.rows, sides=self.sides)

    @classmethod
    def load(cls, folder: Path) -> "TableCorpus":
        """Read what `save` wrote; HeadworkError where it is missing or was changed."""
        facts, path = read_json(folder / "data.json", DataFacts), folder / "rows.parquet"
        try:
            tables = parquet.read_table(folder / "tables.parquet").to_pylist()
            sheets = [Sheet(t["id"], tuple(t["header"]), tuple(map(tuple, t["rows"])), t["title"]) for t in tables]
            rows = parquet.read_table(path).to_pydict()
            asked = [Asked(text, sheets[place]) for text, place in zip(rows["text"], rows["table"], strict=True)]
            right, numbers = list(map(tuple, rows["right"])), np.array(rows["row"], dtype=np.int64)
            found = TableQuestions(asked, right, rows["id"], numbers, tuple(facts.classes))
            whole = _fingerprint(found, rows["side"]) == facts.fingerprint
        except (OSError, KeyError, IndexError, TypeError, ValueError, pa.ArrowException) as error:
            raise HeadworkError(f"{path}: missing or damaged ({error}); prepare the data again") from error
        if not whole:
            raise HeadworkError(f"{path}: not the questions that data.json tells of; prepare the data again")
        return cls(facts, found, np.array(rows["side"]))


def prepare_tables(
    source: str | Path,
    *,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> TableCorpus:
    """Read, clean and split a source: a file of questions, a folder with one and tables, or the name of a data set.

    dev, test: files of official sides; a side without a file is cut from the training questions, whole tables
    together. HeadworkError where a file is of another form, names a table that is not there, or leaves too little.
    """
    files: dict[Side, Path] = {side: questions_in(path) for side, path in resolve(source).files.items()}
    official: dict[Side, str | Path | None] = {"dev": dev, "test": test}
    files |= {side: Path(path) for side, path in official.items() if path}
    if "train" not in files:
        raise HeadworkError(f"{source}: holds no questions about tables; name a file or a folder that does")
    read, has_labels = _read(files, limits)
    kept, dropped = _cleaned(read)
    if len(kept) < FEWEST_QUESTIONS:
        told = ", ".join(f"{count:,} {reason}" for reason, count in dropped.items())
        raise HeadworkError(
            f"{source}: {len(kept)} usable questions{f' (dropped: {told})' if told else ''}; at least "
            f"{FEWEST_QUESTIONS} are needed"
        )
    labels = Counter(row.right[0] for _, _, row in kept if row.right) if has_labels else Counter()
    if has_labels and not 2 <= len(labels) <= limits.classes:
        raise HeadworkError(f"{source}: {len(labels)} different labels; expected 2 to {limits.classes:,}")
    sides, split_by = _sides(kept, files, str(source))
    questions = _questions([(place, row) for place, _, row in kept], tuple(sorted(labels)))
    facts = DataFacts(
        source=str(source),
        fingerprint=_fingerprint(questions, sides),
        text_column="",
        label_column="",
        rows=len(read),
        classes=list(questions.classes),
        split=Split(**{side: sides.count(side) for side in SIDES}),
        dropped=dict(dropped),
        split_by=split_by,
        class_rows={name: labels[name] for name in questions.classes},
        notes=list(_notes([row for _, _, row in kept])),
        unit="statements" if has_labels else "questions",
    )
    return TableCorpus(facts, questions, np.array(sides))


def known_tables() -> list[str]:
    """The data sets of questions about tables below HEADWORK_DATA."""
    return [
        found.name
        for found in named_sets()
        if any(path.with_name(name).is_file() for path in found.files.values() for name in TABLES)
    ]


Kept = tuple[int, Side, Row]
"""row, side of its file, and the question"""


def _read(files: Mapping[Side, Path], limits: Limits) -> tuple[list[tuple[Side, Row]], bool]:
    """The rows of all sides, side by side, and whether they have labels in place of answers."""
    read: list[tuple[Side, Row]] = []
    kinds: dict[Side, Kind | None] = {}
    for side in SIDES:
        path = files.get(side)
        if path is None:
            continue
        rows, kinds[side] = read_asked(path, limits)
        read += [(side, row) for row in rows]
        if kinds[side] is None or kinds[side] != kinds["train"]:
            raise HeadworkError(
                f"{path}: expected a column answer, answers or label, of one kind in all files; it says what a "
                "model learns"
            )
    return read, kinds["train"] == "labels"


def _questions(kept: Sequence[tuple[int, Row]], classes: tuple[str, ...]) -> TableQuestions:
    rows = [row for _, row in kept]
    places = np.array([place for place, _ in kept], dtype=np.int64)
    return TableQuestions(
        [row.asked for row in rows], [row.right or () for row in rows], [row.id for row in rows], places, classes
    )


def _cleaned(read: Sequence[tuple[Side, Row]]) -> tuple[list[Kept], Counter[str]]:
    dropped: Counter[str] = Counter()
    kept: list[Kept] = []
    # They come side by side, so that the last side of a table stays.
    latest = {_key(row.asked.sheet): SIDES.index(side) for side, row in read}
    seen = set()
    for place, (side, row) in enumerate(read):
        about, text = _key(row.asked.sheet), normalised(row.asked.text)
        if not text:
            dropped["empty question"] += 1
        elif not row.asked.sheet.rows or not row.asked.sheet.header:
            dropped["empty table"] += 1
        elif not row.right or not any(row.right):
            dropped["no answer"] += 1
        elif latest[about] > SIDES.index(side):
            dropped["table of a later split"] += 1
        elif (side, about, text, row.right) in seen:
            dropped["duplicate"] += 1
        else:
            seen.add((side, about, text, row.right))
            kept.append((place, side, row))
    return kept, dropped


def _sides(kept: Sequence[Kept], files: Mapping[Side, Path], source: str) -> tuple[list[Side], str]:
    """The side of each question, and how it was chosen."""
    sides: list[Side] = [side for _, side, _ in kept]
    shares: dict[Side, float] = {side: SHARES[side] for side in SIDES if side not in files}
    if not shares:
        return sides, "files"
    shares["train"] = 1 - sum(shares.values())
    training = [place for place, side in enumerate(sides) if side == "train"]
    tables = [_key(kept[place][2].asked.sheet) for place in training]
    if len(set(tables)) < len(shares):
        raise HeadworkError(
            f"{source}: {len(set(tables))} tables, and questions about one stay together; give the sides as files "
            "with --dev and --test"
        )
    chosen = split([0] * len(training), seed=0, groups=tables, shares=shares)
    for place, side in zip(training, chosen, strict=True):
        sides[place] = side
    return sides, f"{' and '.join(side for side in ('dev', 'test') if side in shares)} cut from train, by table"


def _notes(rows: Sequence[Row]) -> Iterator[str]:
    sheets = sheets_of(rows)
    sizes = [len(sheet.rows) for sheet in sheets]
    columns = np.mean([len(sheet.header) for sheet in sheets])
    yield f"{len(sheets):,} tables, {np.mean(sizes):,.0f} rows and {columns:.0f} columns on average"
    if max(sizes) > LARGE:
        yield (
            f"{sum(size > LARGE for size in sizes):,} tables have more than {LARGE:,} rows; programs search all rows, "
            "a network reads a snapshot"
        )


@lru_cache(1 << 14)
def _key(sheet: Sheet) -> str:
    """Tables with the same cells are one."""
    return fingerprint([repr((sheet.header, sheet.rows))])


def _fingerprint(questions: TableQuestions, sides: Sequence[str]) -> str:
    texts = [asked.text for asked in questions.asked]
    tables = [_key(asked.sheet) for asked in questions.asked]
    return fingerprint(texts, tables, ["\0".join(right) for right in questions.right], list(sides))


def _written(table: pa.Table) -> Any:
    return lambda place: parquet.write_table(table, place, compression="zstd")
