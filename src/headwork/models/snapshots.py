"""The content snapshot of a table: the few rows that have most in common with a question. Needs no torch.

    overlap(row, question) = how many of the question's different runs of at most 3 words stand in a cell of the row
    K > 1    the K rows with the largest overlap, of equals the earlier, in the order of the table
    K = 1    one row put together: of each column the cell with the largest overlap, of equals that of the better row

Yin, Neubig, Yih and Riedel 2020, "TaBERT: Pretraining for joint understanding of textual and tabular data", section
3.1.

Axes: n rows, M columns, K rows of the snapshot.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from headwork.models.programs.links import read_question
from headwork.models.programs.views import View

LONGEST = 3
"""words of a run"""


def snapshot(text: str, view: View, rows: int) -> list[tuple[str, ...]]:
    """(K, M) cells; fewer rows where the table has fewer."""
    by_cell, by_row = overlaps(read_question(text).words, view)
    if rows == 1:
        return [tuple(view.sheet.rows[row][column] for column, row in enumerate(_best_cells(by_cell, by_row)))]
    order = np.argsort(-by_row, kind="stable")[:rows]
    return [view.sheet.rows[row] for row in sorted(order.tolist())]


def overlaps(words: Sequence[str], view: View) -> tuple[np.ndarray, np.ndarray]:
    """(n, M) of the cells alone, and (n,) of the rows."""
    runs = {run: place for place, run in enumerate(dict.fromkeys(_runs(words)))}
    held = np.zeros((len(view), view.width, len(runs)), dtype=bool)
    for row, cells in enumerate(view.words):
        for column, cell in enumerate(cells):
            held[row, column, [runs[run] for run in _runs(cell) if run in runs]] = True
    return held.sum(2), held.any(1).sum(1)


def _best_cells(by_cell: np.ndarray, by_row: np.ndarray) -> list[int]:
    """(M) rows."""
    better = by_cell + by_row[:, None] / (1 + by_row.max(initial=0))
    return better.argmax(0).tolist()


def _runs(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for size in range(1, LONGEST + 1):
        for start in range(len(words) - size + 1):
            yield tuple(words[start : start + size])
