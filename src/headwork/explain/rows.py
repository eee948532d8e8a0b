"""Numbers in rows and columns for a terminal: aligned, labelled, and readable without colour."""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from torch import Tensor

from headwork.report.text import visible

WIDTH = 100
"""characters of a line; wider tables are continued below"""
LONGEST_LABEL = 16


def rows(numbers: Tensor, labels: Sequence[str], columns: Sequence[str]) -> str:
    """(R, C) numbers with R labels before and C above."""
    cells = written(numbers)
    labels, columns = [short(label) for label in labels], [short(label) for label in columns]
    widths = [max(cell_len(columns[at]), *(len(row[at]) for row in cells), 1) for at in range(len(columns))]
    margin = max(map(cell_len, labels), default=0)
    blocks = []
    for chosen in _blocks(widths, WIDTH - margin - 3):
        head = "".join(f"  {right(columns[at], widths[at])}" for at in chosen)
        lines = [f"   {' ' * margin}{head}"]
        for label, row in zip(labels, cells, strict=True):
            numbers_of_row = "".join(f"  {right(row[at], widths[at])}" for at in chosen)
            lines.append(f"   {set_cell_size(label, margin)}{numbers_of_row}".rstrip())
        blocks.append("\n".join(lines))
    return "\n".join(blocks)


def dimensions(name: str, vectors: Tensor) -> tuple[str, ...]:
    """v1, v2, … for the coordinates of (N, width) vectors."""
    return tuple(f"{name}{place}" for place in range(1, vectors.shape[1] + 1))


def short(label: str, longest: int = LONGEST_LABEL) -> str:
    """A label on one line, cut, with nothing hidden in it."""
    label = visible(" ".join(label.split()) or repr(label)[1:-1])
    if cell_len(label) <= longest:
        return label
    return set_cell_size(label, longest - 1).rstrip() + "…"


def right(text: str, width: int) -> str:
    return " " * (width - cell_len(text)) + text


def written(numbers: Tensor) -> list[list[str]]:
    """All with as many decimals: none where all are whole, otherwise three; an exact zero is a bare 0."""
    finite = numbers[numbers.isfinite()]
    decimals = 0 if bool((finite == finite.round()).all()) else 3
    zero = "0" + " " * (decimals + 1 if decimals else 0)
    return [
        [f"{round(value, decimals) + 0.0:.{decimals}f}" if value else zero for value in row] for row in numbers.tolist()
    ]


def _blocks(widths: Sequence[int], room: int) -> list[list[int]]:
    """Columns that stand beside each other, in order."""
    blocks, left = [[]], room
    for at, width in enumerate(widths):
        if blocks[-1] and width + 2 > left:
            blocks.append([])
            left = room
        blocks[-1].append(at)
        left -= width + 2
    return blocks
