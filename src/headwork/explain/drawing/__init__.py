"""Matrices of weights as pictures (SVG, PNG), a page (HTML) and text, with their exact values in the file."""

import json
from collections.abc import Callable
from pathlib import Path

from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically
from headwork.explain.drawing.map import Drawing, Map
from headwork.explain.drawing.page import page
from headwork.explain.drawing.picture import png, svg
from headwork.explain.drawing.shades import shades

FORMATS: dict[str, Callable[[Drawing], bytes]] = {
    ".svg": lambda drawing: svg(drawing).encode(),
    ".png": png,
    ".html": lambda drawing: page(drawing).encode(),
    ".txt": lambda drawing: f"{shades(drawing)}\n".encode(),
    ".json": lambda drawing: json.dumps(drawing.facts()).encode(),
}
"""by the ending of a file"""


def check_ending(path: Path) -> None:
    """Refuse a file that no format is known for."""
    if path.suffix.lower() not in FORMATS:
        raise HeadworkError(f"{path}: no drawing can be written there; its name must end in {', '.join(FORMATS)}")


def write_drawing(drawing: Drawing, path: Path) -> None:
    """Write the drawing in the format of the file's ending; a file is whole or not there."""
    check_ending(path)
    content = FORMATS[path.suffix.lower()](drawing)
    write_atomically(path, lambda temporary: temporary.write_bytes(content))


__all__ = ["FORMATS", "Drawing", "Map", "check_ending", "page", "png", "shades", "svg", "write_drawing"]
