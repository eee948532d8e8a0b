"""What is drawn: one or more matrices of weights, a shared scale, and words for those who did not make it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from headwork.base.errors import HeadworkError
from headwork.report.text import visible


@dataclass(frozen=True, eq=False)
class Map:
    """One matrix: (R, C) weights of 0 or more, a label for each row and each column."""

    name: str
    values: np.ndarray
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    under: np.ndarray | None = None
    """(h, w, c) uint8: the picture whose places the values are of"""

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.rows), len(self.columns)) or not self.values.size:
            raise HeadworkError(
                f"a map of {self.values.shape} values has {len(self.rows)} labels of rows and {len(self.columns)} of "
                "columns; expected one label for each, and one value at least"
            )
        if not np.isfinite(self.values).all() or self.values.min() < 0:
            raise HeadworkError(f"map {self.name!r}: weights must be finite and 0 or more")


@dataclass(frozen=True, eq=False)
class Drawing:
    """Maps that are drawn together, in the same shades."""

    title: str
    note: str
    """how a map is to be read"""
    maps: tuple[Map, ...]

    @property
    def most(self) -> float:
        """The weight that is drawn darkest."""
        return max(float(each.values.max()) for each in self.maps) or 1.0

    def facts(self) -> dict[str, Any]:
        """All of it for a program: titles, labels and values in full precision."""
        maps = [
            {"name": each.name, "rows": each.rows, "columns": each.columns, "values": each.values.tolist()}
            for each in self.maps
        ]
        return {"title": self.title, "note": self.note, "maps": maps}


def label(text: str, *, longest: int = 18) -> str:
    """A label on one line, cut, with nothing hidden in it and nothing that a picture cannot hold."""
    shown = visible(" ".join(text.split()) or repr(text)[1:-1]).replace("\ufffe", "�").replace("\uffff", "�")
    return shown if len(shown) <= longest else shown[: longest - 1].rstrip() + "…"


def thinned(count: int, most: int) -> Sequence[int]:
    """Places whose labels are shown: all, or evenly spaced ones from the first, `most` of them at most."""
    return range(0, count, -(-count // max(1, most)))
