"""Names beside points, placed so that they hide neither each other nor a point, and lines only where they must."""

import itertools
import math

import msgspec
import numpy as np
from matplotlib.axes import Axes
from matplotlib.textpath import TextPath

from headwork.report.charts.drawing import INK, LETTERS

_GAP = 6.0
_RINGS = (0.0, 8.0, 18.0, 30.0, 44.0)
_ANGLES = (0, 180, 90, 270, 45, 135, 315, 225)
_HEIGHT = 1.15 * LETTERS
_DOT = 4.0

Place = tuple[float, float]


class Box(msgspec.Struct, frozen=True):
    """A rectangle in points of 1/72 inch."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def middle(self) -> Place:
        return (self.left + self.right) / 2, (self.bottom + self.top) / 2

    def overlap(self, other: "Box") -> float:
        """The area that both cover."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.top, other.top) - max(self.bottom, other.bottom)
        return wide * high if wide > 0 and high > 0 else 0.0

    def outside(self, frame: "Box") -> float:
        """The area of this box that lies outside the frame."""
        return (self.right - self.left) * (self.top - self.bottom) - self.overlap(frame)


def label_points(
    axes: Axes, points: list[Place], names: list[str], *, lines: list[list[Place]], strong: set[str]
) -> list[Box]:
    """Write each name near its point (data units) at the nearest free place; gives the boxes of the names.

    The limits, the scales and the place of the axes must stand already.
    """
    in_points = 72 / axes.figure.dpi
    spots = [tuple(in_points * axes.transData.transform(point)) for point in points]
    frame = Box(*(in_points * axes.bbox.get_points()).ravel())
    taken = [_around(x, y, _DOT) for x, y in spots]
    crossed = [box for line in lines for box in _along(in_points * axes.transData.transform(line))] if lines else []
    labels = []
    for (x, y), point, name in sorted(zip(spots, points, names, strict=True)):
        bold = any(name == one or name.startswith(f"{one} ") for one in strong)  # a value may stand behind it
        width = TextPath((0, 0), name, size=LETTERS).get_extents().width * (1.1 if bold else 1.0)
        box, ring = _free_place(x, y, width, [*taken, *labels], crossed, frame)
        line = {"arrowstyle": "-", "color": INK, "linewidth": 0.5, "shrinkA": 0, "shrinkB": _DOT} if ring else None
        axes.annotate(
            name,
            point,
            (box.middle[0] - x, box.middle[1] - y),
            textcoords="offset points",
            ha="center",
            va="center_baseline",
            weight="bold" if bold else "normal",
            arrowprops=line,
        )
        labels.append(box)
    return labels


def _free_place(
    x: float, y: float, width: float, taken: list[Box], crossed: list[Box], frame: Box
) -> tuple[Box, float]:
    """The box around (x, y) that hides least, the nearest of equals; and its ring."""
    best = (math.inf, Box(0, 0, 0, 0), 0.0)
    for ring in _RINGS:
        for angle in _ANGLES:
            box = _box_at(x, y, angle, _GAP + ring, width)
            hidden = 100 * sum(box.overlap(other) for other in taken) + 1000 * box.outside(frame)
            # A line under a name is bearable; a name far from its point is worse than a short crossing.
            cost = hidden + sum(box.overlap(other) for other in crossed) + 0.5 * ring
            if cost < best[0]:
                best = (cost, box, ring)
    return best[1], best[2]


def _box_at(x: float, y: float, angle: int, distance: float, width: float) -> Box:
    """The label's box, touching at its near side the point `distance` away from (x, y)."""
    across, up = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    middle_x = x + across * distance + (width / 2) * round(across)
    middle_y = y + up * distance + (_HEIGHT / 2) * round(up)
    return Box(middle_x - width / 2, middle_y - _HEIGHT / 2, middle_x + width / 2, middle_y + _HEIGHT / 2)


def _around(x: float, y: float, half: float) -> Box:
    return Box(x - half, y - half, x + half, y + half)


def _along(corners: np.ndarray) -> list[Box]:
    """Small boxes along a line of (N, 2) corners, three points apart."""
    boxes = []
    for start, end in itertools.pairwise(corners):
        steps = max(2, int(np.hypot(*(end - start)) / 3))
        boxes += [_around(*(start + (end - start) * step / (steps - 1)), half=1.0) for step in range(steps)]
    return boxes
