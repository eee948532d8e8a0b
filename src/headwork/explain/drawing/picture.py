"""Maps as SVG or PNG: a heading with the scale, then grids and weighed words; the same drawing gives the same bytes."""

import io
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from xml.etree import ElementTree

import matplotlib.style
from matplotlib import font_manager

from headwork.explain.drawing.blocks import Block, Grid, Heading, Words
from headwork.explain.drawing.colors import INK
from headwork.explain.drawing.map import Drawing, Map
from headwork.explain.drawing.sheet import Sheet

BORDER, BETWEEN = 22.0, 18.0
WIDTH = 620.0
"""of what is drawn, where labels and small cells do not need more"""
PNG_DPI = 200

_SVG = "http://www.w3.org/2000/svg"
_STYLE = {
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "svg.fonttype": "none",
    "svg.hashsalt": "drawing",
    "text.color": INK,
    "text.parse_math": False,
}
# For letters that matplotlib's own font lacks; those that are installed are used.
_MORE_FONTS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Microsoft YaHei", "Hiragino Sans", "Arial Unicode MS")


def svg(drawing: Drawing) -> str:
    """A picture whose letters are text; title, description and all values are in it for programs and readers."""
    written = io.StringIO()
    with _style():
        _sheet(drawing).figure.savefig(
            written, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type"))
        )
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ElementTree.fromstring(written.getvalue())
    root.set("role", "img")
    facts = (("title", drawing.title), ("desc", drawing.note), ("metadata", json.dumps(drawing.facts())))
    for place, (name, words) in enumerate(facts):
        element = ElementTree.Element(f"{{{_SVG}}}{name}")
        element.text = words
        root.insert(place, element)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def png(drawing: Drawing) -> bytes:
    """A picture of 200 dots an inch; the values are in its `Values` text."""
    written = io.BytesIO()
    facts = {"Title": drawing.title, "Description": drawing.note, "Values": json.dumps(drawing.facts())}
    with _style():
        _sheet(drawing).figure.savefig(written, format="png", dpi=PNG_DPI, metadata={"Software": None, **facts})
    return written.getvalue()


def _sheet(drawing: Drawing) -> Sheet:
    body = list(_blocks(drawing))
    heading: Block = Heading(drawing, max(WIDTH, *(block.width for block in body)))
    blocks = [heading, *body]
    width = max(block.width for block in blocks) + 2 * BORDER
    height = sum(block.height for block in blocks) + BETWEEN * (len(blocks) - 1) + 2 * BORDER
    sheet, top = Sheet(width, height), BORDER
    for block in blocks:
        block.draw(sheet, BORDER, top)
        top += block.height + BETWEEN
    return sheet


def _blocks(drawing: Drawing) -> Iterator[Block]:
    """Neighbouring maps with the same labels share a grid."""

    def labels(each: Map) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return each.rows, each.columns

    for (rows, _), maps in groupby(drawing.maps, key=labels):
        if len(rows) > 1:
            yield Grid(list(maps), drawing.most, WIDTH)
        else:
            yield from (Words(each, drawing.most, WIDTH) for each in maps)


@contextmanager
def _style() -> Iterator[None]:
    """The user's own matplotlibrc does not change a picture; a letter that no font has is drawn as a box, quietly."""
    installed = {font.name for font in font_manager.fontManager.ttflist}
    # The last is for viewers that have none of these: they would take letters with serifs.
    fonts = ["DejaVu Sans", *(name for name in _MORE_FONTS if name in installed), "sans-serif"]
    with matplotlib.style.context(["default", {**_STYLE, "font.family": fonts}]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield
