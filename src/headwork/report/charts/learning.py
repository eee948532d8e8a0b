"""Learning curve: accuracy against the number of training texts."""

import itertools
from typing import Literal

import msgspec
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from headwork.base.results import CurvePoint
from headwork.report.charts.drawing import LETTERS, Look, hundredths, picture
from headwork.report.charts.scale import Scale, scale_of
from headwork.report.numbers import percent

WIDTH, HEIGHT = 400, 280
LEFT, RIGHT, BOTTOM, TOP = 44, 108, 36, 8


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """One model: its points by rising number of rows."""

    name: str
    look: Look
    points: list[CurvePoint]

    @property
    def end(self) -> float:
        return self.points[-1].accuracy


def learning_chart(curves: list[Curve], *, name: str, title: str, unit: Literal["%", ""] = "%") -> Markup:
    """A line for each model with the spread over seeds, its name at the right end."""
    rows = sorted({point.rows for curve in curves for point in curve.points})
    scale = scale_of(
        [curve.end for curve in curves],
        lows=[min(point.accuracy - point.spread for point in curve.points) for curve in curves],
        highs=[max(point.accuracy + point.spread for point in curve.points) for curve in curves],
    )

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((LEFT / WIDTH, BOTTOM / HEIGHT, 1 - (LEFT + RIGHT) / WIDTH, 1 - (BOTTOM + TOP) / HEIGHT))
        axes.set_xscale("log")
        axes.set(xlim=(rows[0] / 1.1, rows[-1] * 1.03), ylim=(scale.low, scale.high), xlabel="training texts")
        axes.set_xticks(rows, [f"{value:,}" for value in rows])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: hundredths(value, unit)))
        for curve in curves:
            _draw_curve(axes, curve)
        _name_ends(axes, curves, scale, rows[-1])

    return picture(draw, name=name, title=title, width=WIDTH, height=HEIGHT)


def _draw_curve(axes: Axes, curve: Curve) -> None:
    axes.errorbar(
        [point.rows for point in curve.points],
        [point.accuracy for point in curve.points],
        [point.spread for point in curve.points],
        fmt=f"-{curve.look.marker}",
        color=curve.look.color,
        linewidth=1.3,
        elinewidth=0.8,
        markersize=5,
    )


def _name_ends(axes: Axes, curves: list[Curve], scale: Scale, last: int) -> None:
    ends = [max(curve.end, scale.low) for curve in curves]
    gap = (scale.high - scale.low) * 1.3 * LETTERS / (HEIGHT - BOTTOM - TOP)
    heights = spread_out(ends, gap=gap, low=scale.low, high=scale.high)
    for curve, end, height in zip(curves, ends, heights, strict=True):
        axes.annotate(
            curve.name if scale.holds(curve.end) else f"{curve.name} {percent(curve.end)}",
            (last * 1.03, end),
            (last * 1.2, height),
            annotation_clip=False,
            va="center",
            arrowprops={
                "arrowstyle": "-",
                "color": curve.look.color,
                "linewidth": 0.8,
                "relpos": (0, 0.5),
                "shrinkB": 0,
            },
        )


def spread_out(heights: list[float], *, gap: float, low: float, high: float) -> list[float]:
    """Heights in the same order, at least `gap` apart and between `low` and `high` as far as there is room."""
    order = sorted(range(len(heights)), key=lambda place: heights[place])
    moved = list(heights)
    for lower, upper in itertools.pairwise(order):
        moved[upper] = max(moved[upper], moved[lower] + gap)
    ceiling = high
    for place in reversed(order):
        moved[place] = max(min(moved[place], ceiling), low)
        ceiling = moved[place] - gap
    return moved
