"""Labels around a wheel: how often each is there, and how often a model expects it.

The area of a petal is its share, so that its length goes with the root (the "coxcomb" of Nightingale 1858); emotions
stand in a wheel since Plutchik 1980.
"""

import math

import msgspec
import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.projections.polar import PolarAxes

from headwork.report.charts.drawing import FAINT, INK, LETTERS, Look, hundredths, picture

FEWEST, MOST = 3, 30
"""labels of a wheel"""
SIDE = 400
ROOM = 84
"""around the petals, for names"""
LONGEST_NAME = 16
RINGS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


class Petal(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    share: float
    """of the texts that have the label"""
    expected: float
    """mean probability"""


def wheel_chart(petals: list[Petal], look: Look, *, name: str, title: str) -> Markup:
    """Clockwise from the top, in the order given."""
    most = max((max(petal.share, petal.expected) for petal in petals), default=0.0) or 1.0
    angles = 2 * np.pi * np.arange(len(petals)) / len(petals)
    width = 2 * np.pi / len(petals)

    def draw(figure: Figure) -> None:
        inside = 1 - 2 * ROOM / SIDE
        axes = figure.add_axes((ROOM / SIDE, ROOM / SIDE, inside, inside), projection="polar")
        assert isinstance(axes, PolarAxes)
        axes.set_theta_zero_location("N")
        axes.set_theta_direction(-1)
        axes.bar(angles, [radius(p.share) for p in petals], 0.9 * width, color=look.color, alpha=0.4, linewidth=0)
        for angle, petal in zip(angles, petals, strict=True):
            arc = angle + np.linspace(-0.45, 0.45, 12) * width
            axes.plot(arc, np.full(12, radius(petal.expected)), color=look.color, linewidth=2, clip_on=False)
            _write(axes, angle, petal.name, 1.04 * radius(most))
        axes.set_ylim(0, radius(most))
        axes.set_xticks([])
        marked = rings(most)
        axes.set_yticks([radius(ring) for ring in marked], [hundredths(ring) for ring in marked])
        axes.set_rlabel_position(math.degrees(width / 2))
        axes.tick_params(axis="y", labelsize=LETTERS - 2)
        axes.grid(color=FAINT)
        axes.spines["polar"].set_visible(False)

    return picture(draw, name=name, title=title, width=SIDE, height=SIDE)


def radius(share: float) -> float:
    """Of a petal whose area goes with its share."""
    return math.sqrt(max(0.0, share))


def rings(most: float) -> list[float]:
    """The two largest round shares below the longest petal."""
    return [ring for ring in RINGS if ring <= most][-2:] or [most]


def _write(axes: PolarAxes, angle: float, name: str, at: float) -> None:
    """Along the spoke, so that it can be read from the left to the right."""
    shown = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
    turned = 90 - math.degrees(angle)
    left = turned < -90
    axes.text(
        angle,
        at,
        shown,
        color=INK,
        fontsize=LETTERS,
        rotation=turned + 180 if left else turned,
        rotation_mode="anchor",
        horizontalalignment="right" if left else "left",
        verticalalignment="center",
    )
