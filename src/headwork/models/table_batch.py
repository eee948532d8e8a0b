"""Questions with snapshots of their tables, packed, and where their cells stand.

Axes: Q questions, N packed tokens of all rows, A places, K rows of a place, M columns that are read, V runs of words,
F features of a column, E kinds of evidence, P programs, S slots.
"""

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from headwork.ops.packed import TokenBatch

NAME, KIND, VALUE, BAR = 1, 2, 3, 4
"""parts of a cell; bars stand between the three others"""


@dataclass(frozen=True)
class Wide:
    """(Q, V + 1) runs of words, and (all columns, F) features or (Q, E) evidence, as sparse or dense matrices."""

    grams: Tensor
    features: Tensor

    def to(self, device: torch.device | str) -> "Wide":
        return Wide(self.grams.to(device), self.features.to(device))


@dataclass(frozen=True)
class TableBatch:
    """Questions with their snapshots, packed; rows of one question stand behind each other.

    types: (N,) 0 for the question, 1 for the table; column: (N,) which cell of all rows a token belongs to, or -1;
    part: (N,) NAME, KIND, VALUE or BAR, 0 outside of cells; order: places of [tokens; cells], the K of one place
    behind each other, those of a question's words before those of its columns; rows: (A,) K of each place;
    words, columns: how many places each question has; seen: (M,) which of all columns those are;
    grams, features: places and values of the wide part; slots as `potentials.lay` puts them.
    """

    tokens: TokenBatch
    types: Tensor
    column: Tensor
    part: Tensor
    order: Tensor
    rows: tuple[int, ...]
    words: tuple[int, ...]
    columns: tuple[int, ...]
    seen: Tensor
    total: int
    """columns of all tables, those that are not read among them"""
    wide: Wide
    slots: Tensor | None = None

    def to(self, device: torch.device | str) -> "TableBatch":
        moved = {f.name: getattr(self, f.name) for f in fields(self)}
        return replace(self, **{name: each.to(device) for name, each in moved.items() if hasattr(each, "to")})


def rows_of_parts(batch: TableBatch) -> list[int]:
    """K of the words and of the columns of each question."""
    firsts, found = 0, []
    for words, columns in zip(batch.words, batch.columns, strict=True):
        found += [batch.rows[firsts], batch.rows[firsts]]
        firsts += words + columns
    return found


def cells_of(batch: TableBatch) -> Tensor:
    """(cells,) the column of each cell, cells counted as in `column`: row after row of each question."""
    found, first, places = [], 0, 0
    for words, columns in zip(batch.words, batch.columns, strict=True):
        found += [*range(first, first + columns)] * batch.rows[places]
        first, places = first + columns, places + words + columns
    return torch.tensor(found, dtype=torch.int64, device=batch.types.device)


def aligned_cells(batch: TableBatch) -> Tensor:
    """(cells,) where each cell stands in `Read.cells`: there the K of one column are behind each other."""
    found, first, places = [], 0, 0
    for words, columns in zip(batch.words, batch.columns, strict=True):
        rows = batch.rows[places]
        found += [first + column * rows + row for row in range(rows) for column in range(columns)]
        first, places = first + columns * rows, places + words + columns
    return torch.tensor(found, dtype=torch.int64, device=batch.types.device)
