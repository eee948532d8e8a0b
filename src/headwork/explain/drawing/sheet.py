"""A matplotlib figure on which things are placed from the upper left, in points of 1/72 inch."""

from functools import cache

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties


class Sheet:
    def __init__(self, width: float, height: float):
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width / 72, height / 72), facecolor="white")
        self.ground = self.figure.add_axes((0, 0, 1, 1))
        """all of the sheet, in points"""
        self.ground.set(xlim=(0, width), ylim=(height, 0))
        self.ground.set_axis_off()

    def text(self, left: float, top: float, words: str, **look: object) -> None:
        self.ground.text(left, top, words, **look)  # type: ignore[arg-type]

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """An empty frame."""
        box = (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        axes = self.figure.add_axes(box)
        axes.set(xticks=[], yticks=[])
        return axes


def width_of(words: str, size: float, weight: str = "normal") -> float:
    """Points that the words take; a little more, for a viewer's letters may be wider than ours."""
    properties = FontProperties(size=size, weight=weight)
    width, _, _ = _renderer().get_text_width_height_descent(words, properties, ismath=False)
    return 1.04 * width


def lines_of(words: str, size: float, width: float, weight: str = "normal") -> list[str]:
    """The words broken into lines that fit; a single word may stick out."""
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer, size, weight) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


@cache
def _renderer() -> RendererAgg:
    return FigureCanvasAgg(Figure(dpi=72)).get_renderer()
