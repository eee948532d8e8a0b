"""The share of the queries that found what they looked for among the first k, by k."""

import msgspec
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from headwork.base.retrieve import FoundWithin
from headwork.report.charts.drawing import Look, hundredths, picture
from headwork.report.charts.ends import End, name_ends

WIDTH, HEIGHT = 460, 290
LEFT, RIGHT, BOTTOM, TOP = 44, 128, 36, 8
TICKS = (1, 2, 5, 10, 20, 50, 100)


class Finder(msgspec.Struct, frozen=True, kw_only=True):
    """One model."""

    name: str
    look: Look
    found: FoundWithin


def found_chart(finders: list[Finder], *, name: str, title: str) -> Markup:
    """A line for each model, k on a logarithmic axis, its name at the right end."""
    last = max(finder.found.k[-1] for finder in finders)

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((LEFT / WIDTH, BOTTOM / HEIGHT, 1 - (LEFT + RIGHT) / WIDTH, 1 - (BOTTOM + TOP) / HEIGHT))
        axes.set_xscale("log")
        axes.set(xlim=(0.95, last * 1.02), ylim=(0, 1.01), xlabel="among the first k", ylabel="queries")
        axes.set_xticks([k for k in TICKS if k <= last], [f"{k:,}" for k in TICKS if k <= last])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: hundredths(value)))
        for finder in finders:
            _draw(axes, finder)
        ends = [End(each.name, each.look, each.found.k[-1], each.found.share[-1]) for each in finders]
        name_ends(axes, ends, edge=last * 1.25, height=HEIGHT - BOTTOM - TOP)

    return picture(draw, name=name, title=title, width=WIDTH, height=HEIGHT)


def _draw(axes: Axes, finder: Finder) -> None:
    axes.plot(
        finder.found.k,
        finder.found.share,
        f"-{finder.look.marker}",
        color=finder.look.color,
        linewidth=1.3,
        markersize=3.5,
    )
