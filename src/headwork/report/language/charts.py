"""Curves against the length of a segment, on a logarithmic axis."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from headwork.report.charts.drawing import LETTERS, Look, picture
from headwork.report.charts.scale import logarithmic_ticks

WIDTH, HEIGHT = 380, 250


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One model: (length, value) by rising length."""

    name: str
    look: Look
    points: Sequence[tuple[float, float]]


def length_chart(
    lines: Sequence[Line],
    *,
    name: str,
    title: str,
    axis: str,
    number: Callable[[float], str],
    scale: Literal["linear", "log"] = "linear",
) -> Markup:
    """A line for each model; lengths are powers of two mostly, and each is marked."""
    lengths = sorted({length for line in lines for length, _ in line.points})

    def draw(figure: Figure) -> None:
        figure.set_layout_engine("constrained", w_pad=0.02, h_pad=0.02)
        axes = figure.subplots()
        axes.set_xscale("log")
        axes.set_yscale(scale)
        for line in lines:
            axes.plot(
                *zip(*line.points, strict=True),
                f"-{line.look.marker}",
                color=line.look.color,
                linewidth=1.3,
                markersize=4,
                label=line.name,
            )
        axes.set_xticks(lengths, [f"{length:,.0f}" for length in lengths])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_locator(logarithmic_ticks(*axes.get_ylim()) if scale == "log" else MaxNLocator(6))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set(xlabel="tokens of a segment", ylabel=axis)
        axes.legend(frameon=False, fontsize=LETTERS - 1)

    return picture(draw, name=name, title=title, width=WIDTH, height=HEIGHT)
