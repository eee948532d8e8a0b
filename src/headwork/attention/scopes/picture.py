"""Local attention over the places of a picture in raster order: a block of queries and its memory.

    local-1d    block n holds places n b … n b + b - 1; its memory is these and the `memory` places before them
    local-2d    places are cut into rows, and rows into blocks of `height` by `width`; the memory of a block is itself
                with `above` rows over it and `beside` places on either side of all these

Parmar et al. 2018, "Image Transformer", section 3.3. A channel of a pixel is a place of its own, so that a row of 28
pixels in three colours has 84. Both are of the future and the past alike; joined with Causal a place sees what comes
before it in raster order, whichever block that is of: the paper's 2-D model writes block by block instead.

Axes: B texts, H heads, Q queries, K keys.
"""

from dataclasses import dataclass

from torch import Tensor

from headwork.attention.parts import Part
from headwork.attention.where import Where


@dataclass(frozen=True)
class Local1d(Part):
    block: int
    memory: int

    def allowed(self, where: Where) -> Tensor:
        first = _first(where.i, self.block)
        return (where.j >= first - self.memory) & (where.j < first + self.block)

    def band(self) -> tuple[int, int]:
        return self.block - 1 + self.memory, self.block - 1


@dataclass(frozen=True)
class Local2d(Part):
    """`row` is the number of places in a row of the picture."""

    row: int
    height: int
    width: int
    above: int
    beside: int

    def allowed(self, where: Where) -> Tensor:
        line, column = where.i.div(self.row, rounding_mode="floor"), where.i % self.row
        top, left = _first(line, self.height), _first(column, self.width)
        line, column = where.j.div(self.row, rounding_mode="floor"), where.j % self.row
        vertical = (line >= top - self.above) & (line < top + self.height)
        return vertical & (column >= left - self.beside) & (column < left + self.width + self.beside)

    def band(self) -> tuple[int, int]:
        sideways = self.width - 1 + self.beside
        return (self.height - 1 + self.above) * self.row + sideways, (self.height - 1) * self.row + sideways


def _first(places: Tensor, size: int) -> Tensor:
    """Where the block of each place begins."""
    return places - places % size
