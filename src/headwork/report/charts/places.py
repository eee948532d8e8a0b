"""Where in documents sentences were chosen: shares of the first, the second, … sentence, a line for each model."""

import msgspec
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from headwork.report.charts.drawing import Look, hundredths, picture

WIDTH, HEIGHT = 560, 260
LEFT, RIGHT, BOTTOM, TOP = 56, 8, 36, 24


class PlaceCurve(msgspec.Struct, frozen=True, kw_only=True):
    """One model: its shares by the number of the sentence, the last of all later ones."""

    name: str
    look: Look
    shares: list[float]
    strong: bool = False


def places_chart(curves: list[PlaceCurve], *, name: str, title: str) -> Markup:
    def draw(figure: Figure) -> None:
        axes = figure.add_axes((LEFT / WIDTH, BOTTOM / HEIGHT, 1 - (LEFT + RIGHT) / WIDTH, 1 - (BOTTOM + TOP) / HEIGHT))
        count = max((len(curve.shares) for curve in curves), default=1)
        named = [f"{place + 1}" for place in range(count)]
        axes.set(xlim=(-0.4, count - 0.6), xlabel="number of the sentence in its document", ylabel="of the chosen ones")
        axes.set_xticks(range(count), [*named[:-1], f"{count}+"])
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: hundredths(value)))
        for curve in curves:
            _draw(axes, curve)
        axes.set_ylim(bottom=0)
        figure.legend(
            loc="upper left", ncols=len(curves), frameon=False, borderpad=0, handlelength=1.6, columnspacing=1.2
        )

    return picture(draw, name=name, title=title, width=WIDTH, height=HEIGHT)


def _draw(axes: Axes, curve: PlaceCurve) -> None:
    axes.plot(
        range(len(curve.shares)),
        curve.shares,
        f"-{curve.look.marker}",
        color=curve.look.color,
        linewidth=2.2 if curve.strong else 1.3,
        markersize=5,
        label=curve.name,
    )
