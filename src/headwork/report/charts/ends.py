"""Names at the right ends of lines, moved apart where the lines end together."""

from typing import NamedTuple

from matplotlib.axes import Axes

from headwork.report.charts.drawing import LETTERS, Look
from headwork.report.charts.learning import spread_out


class End(NamedTuple):
    """Where a line ends, in data units."""

    name: str
    look: Look
    x: float
    y: float


def name_ends(axes: Axes, ends: list[End], *, edge: float, height: float) -> None:
    """Write each name at `edge` beside its line; the axes are `height` points high, and their limits stand already."""
    low, high = axes.get_ylim()
    gap = (high - low) * 1.3 * LETTERS / height
    heights = spread_out([end.y for end in ends], gap=gap, low=low, high=high)
    for end, place in zip(ends, heights, strict=True):
        line = {"arrowstyle": "-", "color": end.look.color, "linewidth": 0.8, "relpos": (0, 0.5), "shrinkB": 0}
        axes.annotate(end.name, (end.x, end.y), (edge, place), annotation_clip=False, va="center", arrowprops=line)
