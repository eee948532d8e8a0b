"""Where a model looked, step by step: steps run to the right, places upwards, darker is more weight."""

import numpy as np
from markupsafe import Markup
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from headwork.base.algorithm import Looked
from headwork.report.charts.drawing import picture

SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", "#88ccee", "#332288"])
LEFT, RIGHT, BOTTOM, TOP = 34, 6, 32, 6
LONGEST, CELL, LEAST = 300, 7, 60
"""points: of a side of the map, of a step where there is room, and the shortest side"""


def looked_chart(looked: Looked, *, name: str, title: str) -> Markup:
    weights = np.array(looked.weights).T
    wide, high = (min(LONGEST, max(LEAST, CELL * count)) for count in (weights.shape[1], weights.shape[0]))
    width, height = LEFT + wide + RIGHT, BOTTOM + high + TOP

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((LEFT / width, BOTTOM / height, wide / width, high / height))
        axes.grid(False)
        axes.imshow(weights, cmap=SHADES, vmin=0, vmax=1, aspect="auto", origin="lower", interpolation="nearest")
        axes.set(xlabel="step", ylabel="place")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(4, integer=True))

    return picture(draw, name=name, title=title, width=width, height=height)
