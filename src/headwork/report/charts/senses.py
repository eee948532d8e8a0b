"""Vectors of one word on a plane, a colour for each sense: training texts hollow, test texts filled."""

from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from headwork.base.disambiguate import SenseMap, SensePoint
from headwork.report import numbers
from headwork.report.charts.drawing import Look, looks, picture
from headwork.report.text import visible

WIDTH, HEIGHT, LINE = 380, 300, 15
LEFT, RIGHT, BOTTOM, TOP = 14, 8, 24, 6
NAME_CHARACTERS = 40


def sense_chart(found: SenseMap, *, name: str, title: str) -> Markup:
    """The first principal component across, the second up; both on one scale."""
    look = looks(found.senses)
    height = HEIGHT + LINE * len(found.senses)
    foot = BOTTOM + LINE * len(found.senses)

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((LEFT / WIDTH, foot / height, 1 - (LEFT + RIGHT) / WIDTH, 1 - (foot + TOP) / height))
        for place, sense in enumerate(found.senses):
            for points, filled in ((found.train, False), (found.test, True)):
                _scatter(axes, [point for point in points if point.sense == place], look[sense], filled=filled)
        axes.set_aspect("equal", adjustable="datalim")
        axes.set_xticks(axes.get_xticks(), [""] * len(axes.get_xticks()))
        axes.set_yticks(axes.get_yticks(), [""] * len(axes.get_yticks()))
        across, up = map(numbers.percent, found.explained)
        axes.set_xlabel(f"first component, {across} of the variance; second up, {up}")
        figure.legend(
            [Line2D([], [], color=look[each].color, marker=look[each].marker, linestyle="") for each in found.senses],
            [_short(each) for each in found.senses],
            loc="lower left",
            frameon=False,
            borderaxespad=0,
            handletextpad=0.1,
            labelspacing=0.25,
        )

    return picture(draw, name=name, title=title, width=WIDTH, height=height)


def _scatter(axes, points: list[SensePoint], look: Look, *, filled: bool) -> None:
    axes.scatter(
        [point.x for point in points],
        [point.y for point in points],
        22 if filled else 16,
        marker=look.marker,
        facecolor=look.color if filled else "none",
        edgecolor=look.color,
        linewidth=0.8,
        alpha=0.75 if filled else 0.6,
        zorder=3 if filled else 2,
    )


def _short(name: str) -> str:
    shown = visible(name)
    return shown if len(shown) <= NAME_CHARACTERS else f"{shown[: NAME_CHARACTERS - 1]}…"
