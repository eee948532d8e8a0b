"""Values with their intervals, a line for each model."""

from collections.abc import Callable
from functools import partial
from typing import Literal

import msgspec
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from headwork.report.charts.drawing import INK, Look, hundredths, picture
from headwork.report.charts.scale import Scale, scale_of, scale_of_losses

WIDTH = 380


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the picture."""

    name: str
    look: Look
    value: float
    low: float
    high: float
    strong: bool = False


def interval_chart(
    marks: list[Mark],
    *,
    name: str,
    title: str,
    axis: str,
    unit: Literal["%", ""] = "%",
    zero: bool = False,
    number: Callable[[float], str] | None = None,
) -> Markup:
    """Dots with their intervals, first mark on top; `zero` draws the line of no difference.

    Values are fractions, shown in hundredths, of which more is better; with a `number` they are losses, shown by it.
    """
    show = number or partial(hundredths, unit=unit)
    scale = (scale_of_losses if number else scale_of)(
        [mark.value for mark in marks], lows=[mark.low for mark in marks], highs=[mark.high for mark in marks]
    )

    def draw(figure: Figure) -> None:
        figure.set_layout_engine("constrained", w_pad=0.02, h_pad=0.02)
        axes = figure.subplots()
        axes.grid(False, axis="y")
        axes.spines["left"].set_visible(False)
        axes.set_xlim(scale.low, scale.high)
        axes.set_ylim(len(marks) - 0.5, -0.5)
        axes.set_yticks(range(len(marks)), [mark.name for mark in marks])
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: show(value)))
        axes.set_xlabel(axis)
        if zero:
            axes.axvline(0, color=INK, linewidth=0.8)
        for line, mark in enumerate(marks):
            _draw_mark(axes, line, mark, scale, show)
            axes.get_yticklabels()[line].set_fontweight("bold" if mark.strong else "normal")

    return picture(draw, name=name, title=title, width=WIDTH, height=46 + 21 * len(marks))


def _draw_mark(axes: Axes, line: int, mark: Mark, scale: Scale, show: Callable[[float], str]) -> None:
    color = mark.look.color
    if not scale.holds(mark.value):
        above = mark.value > scale.high
        margin = 0.015 * (scale.high - scale.low)
        edge, shape, aside = (scale.high - margin, ">", -7) if above else (scale.low + margin, "<", 7)
        axes.plot(edge, line, shape, color=color)
        ha = "right" if above else "left"
        axes.annotate(show(mark.value), (edge, line), (aside, 0), textcoords="offset points", va="center", ha=ha)
        return
    axes.plot([mark.low, mark.high], [line, line], color=color, linewidth=2.5, alpha=0.55, solid_capstyle="round")
    axes.plot(mark.value, line, mark.look.marker, color=color, markersize=6.5)
