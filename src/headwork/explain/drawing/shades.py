"""Maps as plain text: shades of Unicode blocks, with numbers where there is room."""

from collections.abc import Sequence

import numpy as np
from rich.cells import cell_len, chop_cells, set_cell_size

from headwork.explain.drawing.map import Drawing, Map, label

SHADES = " ░▒▓█"
WIDTH = 100
NUMBERED_COLUMNS = 12
WORDS_LABEL = 20


def shades(drawing: Drawing) -> str:
    """The drawing for a terminal of 100 characters."""
    head = f"{drawing.title}\n{drawing.note}"
    if any(len(each.rows) > 1 for each in drawing.maps):
        steps = [f"{shade}{shade} {drawing.most * place / 4:.2g}" for place, shade in enumerate(SHADES)]
        head += f"\nshades: {'   '.join(['(blank) 0', *steps[1:]])}"
    return "\n\n".join([head, *(_map(each, drawing.most) for each in drawing.maps)])


def _map(given: Map, most: float) -> str:
    if len(given.rows) == 1:
        return f"{given.name}\n{_bars(given, most)}"
    if len(given.columns) <= NUMBERED_COLUMNS:
        return f"{given.name}\n{_numbered(given, most)}"
    return f"{given.name}\n{_dense(given, most)}"


def _bars(given: Map, most: float) -> str:
    """One row, written downwards: a word a line, with its number and a bar."""
    names = [label(column, longest=60) for column in given.columns]
    margin = max(map(cell_len, names))
    lines = []
    for name, value in zip(names, given.values[0], strict=True):
        bar = "█" * round(30 * value / most)
        lines.append(f"  {set_cell_size(name, margin)}  {value:.3f}  {bar}".rstrip())
    return "\n".join(lines)


def _numbered(given: Map, most: float) -> str:
    """A shade and two decimals in each cell, column labels above."""
    names, rows = [label(column, longest=10) for column in given.columns], _margin(given.rows)
    widths = [max(6, cell_len(name)) for name in names]
    head = "".join(f"  {set_cell_size(name, width)}" for name, width in zip(names, widths, strict=True))
    lines = [f"  {' ' * cell_len(rows[0])}{head}".rstrip()]
    for row, values in zip(rows, given.values, strict=True):
        cells = [f"  {_shade(value, most) * 2} {_short(value)}" for value in values]
        lines.append(f"  {row}{''.join(set_cell_size(c, w + 2) for c, w in zip(cells, widths, strict=True))}".rstrip())
    return "\n".join(lines)


def _dense(given: Map, most: float) -> str:
    """Two characters a cell, column labels written downwards, continued below where a line is full."""
    rows = _margin(given.rows)
    room = max(1, (WIDTH - 2 - cell_len(rows[0])) // 2)
    blocks = []
    for first in range(0, len(given.columns), room):
        shown = slice(first, first + room)
        lines = [f"  {' ' * cell_len(rows[0])} {line}".rstrip() for line in _downwards(given.columns[shown])]
        for row, values in zip(rows, given.values[:, shown], strict=True):
            lines.append(f"  {row} {''.join(_shade(value, most) * 2 for value in values)}".rstrip())
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _downwards(columns: Sequence[str]) -> list[str]:
    """Labels from top to bottom, ending just above their columns, two characters wide."""
    letters = [chop_cells(label(column, longest=12), 2 if _wide(column) else 1) for column in columns]
    height = max(map(len, letters))
    padded = [[""] * (height - len(each)) + each for each in letters]
    return ["".join(set_cell_size(each[line], 2) for each in padded) for line in range(height)]


def _wide(text: str) -> bool:
    return any(cell_len(letter) == 2 for letter in text)


def _margin(rows: Sequence[str]) -> list[str]:
    """Row labels, all of one width."""
    names = [label(row, longest=WORDS_LABEL) for row in rows]
    width = max(map(cell_len, names))
    return [set_cell_size(name, width) for name in names]


def _shade(value: float, most: float) -> str:
    return SHADES[min(len(SHADES) - 1, int(np.rint(4 * value / most)))]


def _short(value: float) -> str:
    """.47, 1.0, and a dot for what rounds to nothing."""
    if value < 0.005:
        return " · "
    return f"{value:.2f}"[1:] if value < 0.995 else f"{value:.1f}"
