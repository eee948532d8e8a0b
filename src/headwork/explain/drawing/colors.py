"""One sequential scale, from white to a deep blue, ever darker, so that it reads in grey too."""

from matplotlib.colors import LinearSegmentedColormap, to_hex

INK, QUIET, LINE = "#24292f", "#57606a", "#d8dee4"
SCALE = LinearSegmentedColormap.from_list("weights", ["#ffffff", "#d6e4f3", "#9cc0e2", "#5590c8", "#235a9f", "#0b2a5b"])


def color_of(share: float) -> str:
    """The colour of a weight that is this share of the largest."""
    return to_hex(SCALE(share))


def ink_on(share: float) -> str:
    """The colour of letters on it."""
    return "#ffffff" if share > 0.55 else INK
