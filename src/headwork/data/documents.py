"""A folder of own texts as passages: paragraphs, with the file and the place that each comes from."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.data.sources import open_text

ENDS = (".txt", ".md", ".rst", ".text")
SHORTEST = 400
"""characters; a shorter paragraph goes together with those behind it"""
_PARAGRAPH = re.compile(r"\n\s*\n")


class Passage(NamedTuple):
    """Characters `start` and following of a file."""

    text: str
    file: str
    start: int


def passages_of(folder: Path, limits: Limits = DEFAULT_LIMITS) -> list[Passage]:
    """All passages of the texts in a folder and below it, or of one file; HeadworkError where there are none."""
    if folder.is_file():
        files = [folder]
    elif folder.is_dir():
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDS and path.is_file())
    else:
        raise HeadworkError(f"{folder}: no such folder of texts")
    found = [passage for path in files for passage in _passages(path, limits)]
    if not found:
        raise HeadworkError(f"{folder}: no texts in it; expected files that end in {', '.join(ENDS)}")
    return found


def _passages(path: Path, limits: Limits) -> Iterator[Passage]:
    limits.check("file_bytes", path.stat().st_size, str(path))
    with open_text(path, limits) as stream:
        text = stream.read().decode("utf-8")
    for start, end in cut(text):
        yield Passage(text[start:end], str(path), start)


def cut(text: str) -> list[tuple[int, int]]:
    """Where each passage starts and ends: paragraphs, a short one with those behind it, blanks at the ends left out."""
    found: list[tuple[int, int]] = []
    start = 0
    for end, behind in [*(gap.span() for gap in _PARAGRAPH.finditer(text)), (len(text), len(text))]:
        piece = text[start:end]
        if len(piece) >= SHORTEST or end == len(text):
            if inner := piece.strip():
                begin = start + len(piece) - len(piece.lstrip())
                found.append((begin, begin + len(inner)))
            start = behind
    return found
