"""The embedded default: what every Python carries, its standard library. The files are parsed, never imported.

Docstrings are labelled with their package; what tells the answer outright, the package's own name, is hidden in the
text. Functions are paired with the first line of their docstring, for search.
"""

import ast
import hashlib
import inspect
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from headwork.base.errors import HeadworkError
from headwork.data.functions import documented, functions_of
from headwork.data.tables import Table

PACKAGES = (
    "asyncio",
    "email",
    "http",
    "importlib",
    "logging",
    "multiprocessing",
    "unittest",
    "urllib",
    "wsgiref",
    "xml",
)
"""Those with the most documentation, in three files at least so that a split by file can show each on every side. Left
out are tkinter, ensurepip and venv, which distributions pack apart, and test, idlelib, lib2to3, distutils and
turtledemo, which they leave out."""

PER_PACKAGE = 200
FEWEST_ROWS = 30
FEWEST_WORDS = 10
MOST_CHARACTERS = 400
FEWEST_SUMMARY_WORDS = 3
MOST_CODE = 1500
"""characters of a function"""
HIDDEN = "library"
"""stands where the package's name stood"""


def docstrings(root: Path | None = None) -> Table:
    """A table with columns text, package and file, read from the standard library at `root`."""
    root = root or Path(sysconfig.get_path("stdlib"))
    rows = [row for package in PACKAGES for row in _rows_of(root, package)]
    if len({package for _, package, _ in rows}) < 2:
        raise HeadworkError(f"stdlib: no sources of the standard library under {root}; name a file of your own instead")
    texts, packages, files = (list(column) for column in zip(*rows, strict=True))
    return Table({"text": texts, "package": packages, "file": files}, len(rows), "stdlib")


def described_functions(root: Path | None = None) -> Table:
    """A table with columns summary, code, name and file, read from the standard library at `root`."""
    root = root or Path(sysconfig.get_path("stdlib"))
    modules = [path for path in root.glob("*.py") if not path.name.startswith("_")]
    packaged = [path for package in PACKAGES for path in (root / package).rglob("*.py")]
    rows = [row for path in sorted((*modules, *packaged)) for row in _functions_of(path, root)]
    if not rows:
        raise HeadworkError(f"stdlib: no sources of the standard library under {root}; name a file of your own instead")
    summaries, codes, names, files = (list(column) for column in zip(*rows, strict=True))
    return Table({"summary": summaries, "code": codes, "name": names, "file": files}, len(rows), "stdlib")


def _functions_of(path: Path, root: Path) -> Iterator[tuple[str, str, str, str]]:
    place = path.relative_to(root).as_posix()
    if {"test", "tests"} & set(place.split("/")):
        return
    for found in functions_of(path.read_text(encoding="utf-8"), place):
        if len(found.summary.split()) >= FEWEST_SUMMARY_WORDS and 0 < len(found.code) <= MOST_CODE:
            yield found.summary, found.code, found.name, place


def _rows_of(root: Path, package: str) -> list[tuple[str, str, str]]:
    """Up to PER_PACKAGE rows of one package, chosen by hash so that no order of files matters; none if too few."""
    found: list[tuple[str, str, str]] = []
    for path in sorted((root / package).rglob("*.py")):
        place = path.relative_to(root).as_posix()
        if not {"test", "tests"} & set(place.split("/")):
            found += [(text, package, place) for text in _texts_of(path, package)]
    if len(found) < FEWEST_ROWS:
        return []
    by_hash = sorted(range(len(found)), key=lambda row: hashlib.sha256("\0".join(found[row]).encode()).digest())
    return [found[row] for row in sorted(by_hash[:PER_PACKAGE])]


def _texts_of(path: Path, package: str) -> Iterator[str]:
    for node in documented(ast.parse(path.read_bytes())):
        text = ast.get_docstring(node, clean=False) or ""
        text = _shortened(re.sub(re.escape(package), HIDDEN, inspect.cleandoc(text), flags=re.IGNORECASE))
        if len(text.split()) >= FEWEST_WORDS:
            yield text


def _shortened(text: str) -> str:
    """As many whole paragraphs as fit into MOST_CHARACTERS; of a first one that is too long, its beginning."""
    if len(text) <= MOST_CHARACTERS:
        return text
    end = text.rfind("\n\n", 0, MOST_CHARACTERS + 1)
    return text[: end if end > 0 else MOST_CHARACTERS].rstrip()
