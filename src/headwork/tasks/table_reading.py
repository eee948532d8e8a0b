"""How a question and its table become tokens: a snapshot of the table, a row with the question in each text.

    [CLS] question [SEP] name | kind | value [SEP] name | kind | value [SEP] …      Yin et al. 2020, "TaBERT", 3.1

Axes: n questions, K rows of a snapshot, M columns.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from headwork.base.sheets import Asked
from headwork.base.table import TableRead
from headwork.data.tokenizers import TextTokenizer
from headwork.models.programs.evidence import evidence_of
from headwork.models.programs.meant import Meant, Sheets, grams_of
from headwork.models.programs.potentials import lay
from headwork.models.programs.views import KINDS
from headwork.models.snapshots import snapshot
from headwork.models.tabert import TabertConfig
from headwork.models.table_batch import BAR, KIND, NAME, VALUE, TableBatch, Wide
from headwork.ops.packed import pack


class Cell(NamedTuple):
    """Tokens of a name, a kind and a value, and the part that each is of; the end of the cell is of none."""

    ids: list[int]
    parts: list[int]


class ReadTable(NamedTuple):
    """A question, the cells of its snapshot, and what a program may be made of."""

    question: list[int]
    """framed"""
    rows: list[list[Cell]]
    """(K, columns that are read)"""
    columns: int
    """of the table"""
    words: tuple[str, ...] = ()
    meant: Meant | None = None
    """where answers are asked for"""
    evidence: np.ndarray | None = None
    """where statements have labels"""

    @property
    def length(self) -> int:
        return sum(len(self.question) + sum(len(cell.ids) for cell in row) for row in self.rows)


@dataclass(frozen=True)
class ReadTables:
    tables: list[ReadTable]
    cut: int
    """questions longer than the model takes"""
    vocabulary: dict[str, int]
    """runs of words that the wide part knows"""

    @property
    def lengths(self) -> list[int]:
        """What each question costs: the tokens of all its rows."""
        return [table.length for table in self.tables]

    @property
    def reading(self) -> TableRead:
        left_out = sum(len(table.rows[0]) < table.columns for table in self.tables)
        return TableRead(texts_cut=self.cut, columns_left_out=left_out)

    def batch(self, places: Sequence[int]) -> TableBatch:
        """The chosen questions."""
        return _packed([self.tables[place] for place in places], self.vocabulary)


class TableReader:
    """A fitted tokenizer, and how much of a table a network reads."""

    def __init__(self, tokenizer: TextTokenizer, config: TabertConfig, vocabulary: dict[str, int], *, judges: bool):
        self.tokenizer, self.config, self.vocabulary, self.judges = tokenizer, config, vocabulary, judges
        self.kinds: dict[str, str] = dict(zip(KINDS, config.kinds, strict=True))
        self.sheets = Sheets(config.programs)
        self._known: dict[str, list[int]] = {}

    def read(self, asked: Sequence[Asked], *, programs: bool = True) -> ReadTables:
        """Without `programs` only the tokens."""
        rows = [snapshot(one.text, self.sheets.view(one.sheet), self.config.rows) for one in asked]
        self._learn(asked, rows)
        tables, cut = [], 0
        for one, own in zip(asked, rows, strict=True):
            ids = self._known[one.text]
            cut += len(ids) > self.config.question_tokens
            tables.append(self._table(one, ids[: self.config.question_tokens], own, programs))
        return ReadTables(tables, cut, self.vocabulary)

    def _learn(self, asked: Sequence[Asked], rows: Sequence[list[tuple[str, ...]]]) -> None:
        """Tokenize all texts that are new, at once."""
        texts = {
            "|",
            *self.kinds.values(),
            *(one.text for one in asked),
            *(name for one in asked for name in one.sheet.header),
        }
        texts |= {cell for own in rows for row in own for cell in row}
        new = sorted(texts - self._known.keys())
        before, after = len(self.tokenizer.before), len(self.tokenizer.after)
        for text, encoded in zip(new, self.tokenizer.encode(new), strict=True):
            self._known[text] = encoded.ids[before : len(encoded.ids) - after]

    def _table(self, asked: Asked, ids: list[int], rows: list[tuple[str, ...]], programs: bool) -> ReadTable:
        first, last = self.tokenizer.frame
        question, view = [first, *ids, last], self.sheets.view(asked.sheet)
        cells = [[self._cell(*one) for one in zip(asked.sheet.header, view.kinds, row, strict=True)] for row in rows]
        read = _fitting(cells, self.config.max_tokens - len(question))
        table = ReadTable(question, [row[:read] for row in cells], view.width)
        if not programs:
            return table
        candidates = self.sheets.candidates(asked)
        words = candidates.question.words
        if self.judges:
            return table._replace(words=words, evidence=evidence_of(candidates, view))
        return table._replace(words=words, meant=self.sheets.meant(asked, candidates))

    def _cell(self, name: str, kind: str, value: str) -> Cell:
        between, last = self._known["|"], self.tokenizer.after
        names, values = self._known[name][: self.config.name_tokens], self._known[value][: self.config.value_tokens]
        kinds = self._known[self.kinds[kind]]
        pieces = [(NAME, names), (BAR, between), (KIND, kinds), (BAR, between), (VALUE, values), (0, last)]
        return Cell([token for _, ids in pieces for token in ids], [part for part, ids in pieces for _ in ids])


def _fitting(cells: list[list[Cell]], room: int) -> int:
    """The first columns that every row has room for; one at least."""
    totals = np.cumsum([[len(cell.ids) for cell in row] for row in cells], axis=1).max(0)
    return max(1, int((totals <= room).sum()))


def _packed(tables: Sequence[ReadTable], vocabulary: dict[str, int]) -> TableBatch:
    texts, types, column, part = [], [], [], []
    order, rows, seen = [], [], []
    total = cells = tokens = 0
    sizes = sum(table.length for table in tables)
    for table in tables:
        read, words, count = len(table.rows[0]), len(table.question), len(table.rows)
        starts = []
        for place, row in enumerate(table.rows):
            starts.append(tokens)
            texts.append([*table.question, *(token for cell in row for token in cell.ids)])
            tokens += len(texts[-1])
            types += [0] * words + [1] * (len(texts[-1]) - words)
            column += [-1] * words
            part += [0] * words
            for number, cell in enumerate(row):
                column += [cells + read * place + number if each else -1 for each in cell.parts]
                part += cell.parts
        order += [start + word for word in range(words) for start in starts]
        order += [sizes + cells + read * place + number for number in range(read) for place in range(count)]
        rows += [count] * (words + read)
        seen += range(total, total + read)
        total, cells = total + table.columns, cells + read * count
    return TableBatch(
        tokens=pack(texts),
        types=torch.tensor(types),
        column=torch.tensor(column),
        part=torch.tensor(part),
        order=torch.tensor(order),
        rows=tuple(rows),
        words=tuple(len(table.question) for table in tables),
        columns=tuple(len(table.rows[0]) for table in tables),
        seen=torch.tensor(seen),
        total=total,
        wide=Wide(_grams(tables, vocabulary), _features(tables)),
        slots=_slots(tables),
    )


def _slots(tables: Sequence[ReadTable]) -> Tensor | None:
    slots = [table.meant.slots for table in tables if table.meant is not None]
    return torch.from_numpy(lay(slots, [table.columns for table in tables]).slots) if slots else None


def _features(tables: Sequence[ReadTable]) -> Tensor:
    """Of columns where answers are asked for, else the evidence."""
    found = [table.meant.columns.toarray() for table in tables if table.meant is not None]
    found += [table.evidence[None] for table in tables if table.evidence is not None]
    return torch.from_numpy(np.concatenate(found)).float()


def _grams(tables: Sequence[ReadTable], vocabulary: dict[str, int]) -> Tensor:
    grams = torch.zeros(len(tables), len(vocabulary) + 1)
    for row, table in enumerate(tables):
        grams[row, list(_known(table.words, vocabulary))] = 1
    return grams


def _known(words: Sequence[str], vocabulary: dict[str, int]) -> Iterator[int]:
    yield from (vocabulary[gram] for gram in grams_of(words) if gram in vocabulary)
    yield len(vocabulary)
