"""Questions about tables on three sides, and how a comparison's folder keeps them.

What is right is a set of answers, or a label where a statement is judged.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from headwork.base.errors import HeadworkError
from headwork.base.files import read_json, write_atomically
from headwork.base.results import DataFacts
from headwork.base.sheets import Asked, Sheet
from headwork.data.corpus import fingerprint
from headwork.data.facts import write_facts
from headwork.data.split import Side


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
        return np.unique([key_of(asked.sheet) for asked in self.asked], return_inverse=True)[1]

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
        sheets = {key_of(asked.sheet): asked.sheet for asked in found.asked}
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
            "table": pa.array([places[key_of(asked.sheet)] for asked in found.asked], pa.int64()),
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
            whole = fingerprint_of(found, rows["side"]) == facts.fingerprint
        except (OSError, KeyError, IndexError, TypeError, ValueError, pa.ArrowException) as error:
            raise HeadworkError(f"{path}: missing or damaged ({error}); prepare the data again") from error
        if not whole:
            raise HeadworkError(f"{path}: not the questions that data.json tells of; prepare the data again")
        return cls(facts, found, np.array(rows["side"]))


@lru_cache(1 << 14)
def key_of(sheet: Sheet) -> str:
    """Tables with the same cells are one."""
    return fingerprint([repr((sheet.header, sheet.rows))])


def fingerprint_of(questions: TableQuestions, sides: Sequence[str]) -> str:
    texts = [asked.text for asked in questions.asked]
    tables = [key_of(asked.sheet) for asked in questions.asked]
    return fingerprint(texts, tables, ["\0".join(right) for right in questions.right], list(sides))


def _written(table: pa.Table) -> Any:
    return lambda place: parquet.write_table(table, place, compression="zstd")
