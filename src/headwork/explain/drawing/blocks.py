"""What stands on the sheet, from top to bottom: a heading with the scale, grids of maps, weighed words."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from matplotlib.patches import FancyBboxPatch

from headwork.explain.drawing.colors import LINE, QUIET, SCALE, color_of, ink_on
from headwork.explain.drawing.map import Drawing, Map, label, thinned
from headwork.explain.drawing.sheet import Sheet, lines_of, width_of

TITLE, NAME, LETTERS = 13.0, 10.0, 9.0
BAR_WIDTH, BAR_HEIGHT = 150.0, 8.0


class Block(Protocol):
    width: float
    height: float

    def draw(self, sheet: Sheet, left: float, top: float) -> None: ...


class Heading:
    """Title, note and scale bar."""

    def __init__(self, drawing: Drawing, width: float):
        self.title = lines_of(label(drawing.title, longest=300), TITLE, width, "bold")
        self.note = lines_of(drawing.note, LETTERS, width)
        self.most = drawing.most
        self.scale = SCALE if all(each.under is None for each in drawing.maps) else "gray"
        self.width = max(
            *(width_of(line, TITLE, "bold") for line in self.title), *(width_of(line, LETTERS) for line in self.note)
        )
        self.height = len(self.title) * TITLE * 1.3 + len(self.note) * LETTERS * 1.4 + 24

    def draw(self, sheet: Sheet, left: float, top: float) -> None:
        for line in self.title:
            sheet.text(left, top, line, size=TITLE, weight="bold", va="top")
            top += TITLE * 1.3
        for line in self.note:
            sheet.text(left, top, line, size=LETTERS, color=QUIET, va="top")
            top += LETTERS * 1.4
        bar = sheet.axes(left + 9, top + 9, BAR_WIDTH, BAR_HEIGHT)
        bar.spines[:].set(color=LINE, linewidth=0.8)
        bar.imshow(np.linspace(0, 1, 256)[None], cmap=self.scale, aspect="auto", interpolation="nearest")
        middle = top + 9 + BAR_HEIGHT / 2
        sheet.text(left, middle, "0", size=LETTERS, color=QUIET, va="center_baseline")
        sheet.text(left + BAR_WIDTH + 14, middle, f"{self.most:.2g}", size=LETTERS, color=QUIET, va="center_baseline")


class Words:
    """A map of one row, as the text that it is: each word on the colour of its weight, which stands below it."""

    LINE, GAP, PAD, CHIP = 34.0, 4.0, 5.0, 17.0

    def __init__(self, given: Map, most: float, width: float):
        self.name, self.values, self.most = given.name, given.values[0], most
        self.words = [label(column, longest=90) for column in given.columns]
        self.places: list[tuple[float, int, float]] = []
        at, line, self.width = 0.0, 0, width_of(given.name, NAME, "bold")
        for word in self.words:
            wide = max(width_of(word, NAME) + 2 * self.PAD, 20)
            if at and at + wide > width:
                at, line = 0.0, line + 1
            self.places.append((at, line, wide))
            self.width = max(self.width, at + wide)
            at += wide + self.GAP
        self.height = 20 + (line + 1) * self.LINE

    def draw(self, sheet: Sheet, left: float, top: float) -> None:
        sheet.text(left, top, self.name, size=NAME, weight="bold", va="top")
        for (at, line, wide), word, value in zip(self.places, self.words, self.values, strict=True):
            x, y, share = left + at, top + 20 + line * self.LINE, float(value) / self.most
            shape = f"round,pad=0,rounding_size={self.CHIP / 5}"
            sheet.ground.add_patch(
                FancyBboxPatch(
                    (x, y), wide, self.CHIP, boxstyle=shape, facecolor=color_of(share), edgecolor=LINE, linewidth=0.6
                )
            )
            middle = {"ha": "center", "va": "center_baseline"}
            sheet.text(x + wide / 2, y + self.CHIP / 2, word, size=NAME, color=ink_on(share), **middle)
            sheet.text(x + wide / 2, y + self.CHIP + 6.5, f"{value:.2f}", size=6.5, color=QUIET, **middle)


VEIL = 0.85
"""how dark a picture is where no weight is"""


class Grid:
    """Maps of the same labels beside each other; rows are named at the left only, columns at the top only."""

    GAP = 16.0
    SMALLEST, LARGEST, LARGEST_NUMBERED = 2.5, 20.0, 34.0
    NUMBERED_COLUMNS = 12
    """that many have their weights written in them, where heads leave the room"""
    LABELS = 60
    """of a side at most"""
    NUMBERS_FROM = 24.0
    VECTOR_CELLS = 10_000
    """more of them in a map are drawn as one image, which stays small"""

    def __init__(self, maps: Sequence[Map], most: float, width: float):
        self.maps, self.most = maps, most
        rows, columns = maps[0].values.shape
        self.across = len(maps) if len(maps) < 4 else int(np.ceil(np.sqrt(len(maps))))
        self.down = -(-len(maps) // self.across)
        room = (width - (self.across - 1) * self.GAP) / self.across
        largest = self.LARGEST_NUMBERED if columns <= self.NUMBERED_COLUMNS else self.LARGEST
        self.cell = min(max(room / max(rows, columns), self.SMALLEST), largest)
        self.letters = min(LETTERS, max(5.0, 0.85 * self.cell))
        self.rows = _shown(maps[0].rows, self.cell, self.letters)
        self.columns = _shown(maps[0].columns, self.cell, self.letters)
        widest = max(width_of(name, self.letters) for _, name in self.columns)
        self.upright = widest > self.cell - 3
        self.margin = max(width_of(name, self.letters) for _, name in self.rows) + 5
        self.head = (widest if self.upright else 1.2 * self.letters) + 5
        self.named = NAME * 1.6 if len(maps) > 1 else 0.0
        self.map_width, self.map_height = columns * self.cell, rows * self.cell
        self.width = self.margin + self.across * (self.map_width + self.GAP) - self.GAP
        self.height = self.head + self.down * (self.map_height + self.named + self.GAP) - self.GAP

    def draw(self, sheet: Sheet, left: float, top: float) -> None:
        for place, each in enumerate(self.maps):
            line, at = divmod(place, self.across)
            x = left + self.margin + at * (self.map_width + self.GAP)
            y = top + self.head + self.named + line * (self.map_height + self.named + self.GAP)
            if each.under is None:
                self._draw_map(sheet, each.values, x, y)
            else:
                self._draw_over(sheet, each.under, each.values, x, y)
            above = self.head if line == 0 else 0
            if self.named:
                sheet.text(x, y - above - 5, each.name, size=NAME, weight="bold", va="bottom")
            if line == 0:
                self._name_columns(sheet, x, y - 4)
            if at == 0:
                for row, name in self.rows:
                    height = y + (row + 0.5) * self.cell
                    sheet.text(x - 5, height, name, size=self.letters, ha="right", va="center_baseline")

    def _name_columns(self, sheet: Sheet, left: float, bottom: float) -> None:
        for column, name in self.columns:
            middle = left + (column + 0.5) * self.cell
            if self.upright:
                look = {"rotation": 90, "rotation_mode": "anchor", "ha": "left", "va": "center_baseline"}
            else:
                look = {"ha": "center", "va": "bottom"}
            sheet.text(middle, bottom, name, size=self.letters, **look)

    def _draw_map(self, sheet: Sheet, values: np.ndarray, left: float, top: float) -> None:
        frame = sheet.axes(left, top, self.map_width, self.map_height)
        frame.spines[:].set(color=LINE, linewidth=0.8)
        if values.size > self.VECTOR_CELLS:
            frame.imshow(values, cmap=SCALE, vmin=0, vmax=self.most, aspect="auto", interpolation="nearest")
            return
        lines: dict[str, Any] = {"edgecolors": "#e9edf1", "linewidth": 0.4} if self.cell > 6 else {"antialiased": False}
        frame.pcolormesh(values, cmap=SCALE, vmin=0, vmax=self.most, **lines)
        frame.set(xlim=(0, values.shape[1]), ylim=(values.shape[0], 0))
        if self.cell < self.NUMBERS_FROM:
            return
        for (row, column), value in np.ndenumerate(values):
            look: dict[str, Any] = {"ha": "center", "va": "center_baseline", "color": ink_on(value / self.most)}
            frame.text(column + 0.5, row + 0.5, f"{value:.2f}", size=7.5, **look)

    def _draw_over(self, sheet: Sheet, picture: np.ndarray, values: np.ndarray, left: float, top: float) -> None:
        """The picture, darkened where little weight is."""
        frame = sheet.axes(left, top, self.map_width, self.map_height)
        frame.spines[:].set(color=LINE, linewidth=0.8)
        seen: dict[str, Any] = {"extent": (0, 1, 1, 0), "aspect": "auto"}
        frame.imshow(picture if picture.shape[2] == 3 else np.repeat(picture, 3, 2), **seen)
        veil = np.zeros((*values.shape, 4))
        veil[..., 3] = VEIL * (1 - values / self.most)
        frame.imshow(veil, interpolation="bilinear", **seen)


def _shown(names: Sequence[str], cell: float, letters: float) -> list[tuple[int, str]]:
    """Places and names of the labels that have room."""
    most = min(Grid.LABELS, int(len(names) * cell / (1.15 * letters)))
    return [(place, label(names[place])) for place in thinned(len(names), most)]
