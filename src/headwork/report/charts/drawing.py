"""The ground of all pictures: one style, and one look for each model. Lengths are in points of 1/72 inch."""

import io
from collections.abc import Callable

import matplotlib.style
import msgspec
from markupsafe import Markup
from matplotlib.figure import Figure

from headwork.report.charts.inline import inline_svg
from headwork.report.numbers import MINUS

INK = "#24292f"
FAINT = "#d8dee4"
LETTERS = 10

# Nine hues that stay apart for colour-blind readers (Paul Tol, "muted"); a tenth model gets another shape.
_HUES = ("#332288", "#cc6677", "#117733", "#ddaa33", "#44aa99", "#882255", "#88ccee", "#999933", "#aa4499")
_SHAPES = ("o", "s", "^", "D")

_STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": FAINT,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelpad": 2,
    "axes.labelsize": LETTERS,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.unicode_minus": True,
    "figure.facecolor": "none",
    "font.size": LETTERS,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "svg.fonttype": "none",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": INK,
    "xtick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.color": INK,
    "ytick.major.size": 0,
    "ytick.minor.size": 0,
}
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


class Look(msgspec.Struct, frozen=True):
    """How a model is drawn, the same in every picture of a page."""

    color: str
    marker: str


def looks(names: list[str]) -> dict[str, Look]:
    """A look for each model, by its place in the list."""
    return {
        name: Look(_HUES[place % len(_HUES)], _SHAPES[place // len(_HUES) % len(_SHAPES)])
        for place, name in enumerate(names)
    }


def hundredths(value: float, unit: str = "%") -> str:
    """A fraction on an axis: 90%, 87.5%."""
    return f"{100 * value:.3g}{unit}".replace("-", MINUS)


def picture(draw: Callable[[Figure], None], *, name: str, title: str, width: float, height: float) -> Markup:
    """What `draw` puts on a figure of `width` x `height` points, as an `<svg>` element.

    `name` is unique on the page, `title` says what the picture shows to those who do not see it. The same picture gives
    the same bytes each time.
    """
    written = io.StringIO()
    # The user's own matplotlibrc must not change the page.
    with matplotlib.style.context(["default", {**_STYLE, "svg.hashsalt": name}]):
        figure = Figure(figsize=(width / 72, height / 72))
        draw(figure)
        figure.savefig(written, format="svg", metadata=_NO_METADATA)
    return inline_svg(written.getvalue(), name=name, title=title)
