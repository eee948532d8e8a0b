"""Quality by length: BLEU on sentences of about one length, with intervals, a line for each model."""

import msgspec
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from headwork.base.translation import LengthPoint
from headwork.report.charts.drawing import LETTERS, Look, picture
from headwork.report.charts.learning import spread_out

WIDTH, HEIGHT = 440, 280
LEFT, RIGHT, BOTTOM, TOP = 40, 118, 36, 8
APART = 0.05
"""of a step between two lengths: models stand beside each other, so that their intervals can be told apart"""


class LengthCurve(msgspec.Struct, frozen=True, kw_only=True):
    """One model: its points from short to long."""

    name: str
    look: Look
    points: list[LengthPoint]


def lengths_chart(curves: list[LengthCurve], *, name: str, title: str) -> Markup:
    """A line for each model, its name at the right end."""
    lows = [point.low for curve in curves for point in curve.points]
    highs = [point.high for curve in curves for point in curve.points]
    low, high = max(0.0, min(lows) - 1), max(highs) + 1

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((LEFT / WIDTH, BOTTOM / HEIGHT, 1 - (LEFT + RIGHT) / WIDTH, 1 - (BOTTOM + TOP) / HEIGHT))
        bins = [_words(point) for point in curves[0].points]
        axes.set(ylim=(low, high), xlim=(-0.4, len(bins) - 0.6), xlabel="words of the source", ylabel="BLEU")
        axes.set_xticks(range(len(bins)), bins)
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        for place, curve in enumerate(curves):
            _draw_curve(axes, curve, shift=APART * (place - (len(curves) - 1) / 2))
        _name_ends(axes, curves, low, high, len(bins) - 0.6)

    return picture(draw, name=name, title=title, width=WIDTH, height=HEIGHT)


def _words(point: LengthPoint) -> str:
    return f"{point.shortest}" if point.shortest == point.longest else f"{point.shortest}–{point.longest}"


def _draw_curve(axes: Axes, curve: LengthCurve, *, shift: float) -> None:
    below = [point.bleu - point.low for point in curve.points]
    above = [point.high - point.bleu for point in curve.points]
    axes.errorbar(
        [place + shift for place in range(len(curve.points))],
        [point.bleu for point in curve.points],
        [below, above],
        fmt=f"-{curve.look.marker}",
        color=curve.look.color,
        linewidth=1.3,
        elinewidth=0.8,
        markersize=5,
    )


def _name_ends(axes: Axes, curves: list[LengthCurve], low: float, high: float, edge: float) -> None:
    ends = [curve.points[-1].bleu for curve in curves]
    gap = (high - low) * 1.3 * LETTERS / (HEIGHT - BOTTOM - TOP)
    for curve, end, height in zip(curves, ends, spread_out(ends, gap=gap, low=low, high=high), strict=True):
        axes.annotate(
            curve.name,
            (edge - 0.3, end),
            (edge + 0.08, height),
            annotation_clip=False,
            va="center",
            arrowprops={
                "arrowstyle": "-", "color": curve.look.color, "linewidth": 0.8, "relpos": (0, 0.5), "shrinkB": 0,
            },
        )  # fmt: skip
