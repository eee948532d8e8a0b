"""Accuracy against what it costs, on a logarithmic axis; a line joins the models that no cheaper one beats."""

from collections.abc import Callable
from typing import Literal

import msgspec
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from headwork.base.results import Score
from headwork.report.charts.drawing import INK, Look, hundredths, picture
from headwork.report.charts.labels import label_points
from headwork.report.charts.scale import Scale, logarithmic_ticks, scale_of

WIDTH, HEIGHT = 380, 290
LEFT, RIGHT, BOTTOM, TOP = 44, 20, 34, 8


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """One model: what it costs (> 0) and how good it is."""

    name: str
    look: Look
    cost: float
    score: Score
    strong: bool = False


def tradeoff_chart(
    spots: list[Spot],
    *,
    name: str,
    title: str,
    axis: str,
    number: Callable[[float], str],
    unit: Literal["%", ""] = "%",
) -> Markup:
    """Scores in hundredths against costs, which `number` writes."""

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((LEFT / WIDTH, BOTTOM / HEIGHT, 1 - (LEFT + RIGHT) / WIDTH, 1 - (BOTTOM + TOP) / HEIGHT))
        scale = _set_axes(axes, spots, number, unit)
        axes.set_xlabel(axis)
        front = [spot for spot in frontier(spots) if scale.holds(spot.score.mean)]
        axes.plot(
            [spot.cost for spot in front], [spot.score.mean for spot in front], color=INK, linewidth=0.8, dashes=(4, 3)
        )
        points, lines = [], [[(spot.cost, spot.score.mean) for spot in front]]
        for spot in spots:
            inside = scale.holds(spot.score.mean)
            points.append((spot.cost, spot.score.mean if inside else scale.low))
            if inside:
                bar = [(spot.cost, spot.score.low), (spot.cost, spot.score.high)]
                axes.plot(*zip(*bar, strict=True), color=spot.look.color, alpha=0.4)
                lines.append(bar)
            axes.plot(*points[-1], spot.look.marker if inside else "v", color=spot.look.color, clip_on=inside)
        names = [
            spot.name if scale.holds(spot.score.mean) else f"{spot.name} {hundredths(spot.score.mean, unit)}"
            for spot in spots
        ]
        label_points(axes, points, names, lines=lines, strong={spot.name for spot in spots if spot.strong})

    return picture(draw, name=name, title=title, width=WIDTH, height=HEIGHT)


def frontier(spots: list[Spot]) -> list[Spot]:
    """The spots that are better than every cheaper one, cheapest first."""
    kept: list[Spot] = []
    for spot in sorted(spots, key=lambda spot: (spot.cost, -spot.score.mean)):
        if not kept or spot.score.mean > kept[-1].score.mean:
            kept.append(spot)
    return kept


def _set_axes(axes: Axes, spots: list[Spot], number: Callable[[float], str], unit: str) -> Scale:
    scores = [spot.score for spot in spots]
    scale = scale_of(
        [score.mean for score in scores],
        lows=[score.low for score in scores],
        highs=[score.high for score in scores],
    )
    costs = [spot.cost for spot in spots]
    axes.set_xscale("log")
    ends = min(costs) / 1.8, max(costs) * 1.8
    axes.set_xlim(*ends)
    axes.set_ylim(scale.low, scale.high)
    axes.xaxis.set_major_locator(logarithmic_ticks(*ends))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: hundredths(value, unit)))
    return scale
