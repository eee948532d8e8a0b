"""The embedded default: docstrings of the standard library that every Python carries, labelled with their package.

The files are parsed, never imported. What tells the answer outright, the package's own name, is hidden in the text.
"""

import ast
import hashlib
import inspect
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from headwork.base.errors import HeadworkError
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
HIDDEN = "library"
"""stands where the package's name stood"""

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def docstrings(root: Path | None = None) -> Table:
    """A table with columns text, package and file, read from the standard library at `root`."""
    root = root or Path(sysconfig.get_path("stdlib"))
    rows = [row for package in PACKAGES for row in _rows_of(root, package)]
    if len({package for _, package, _ in rows}) < 2:
        raise HeadworkError(f"stdlib: no sources of the standard library under {root}; name a file of your own instead")
    texts, packages, files = (list(column) for column in zip(*rows, strict=True))
    return Table({"text": texts, "package": packages, "file": files}, len(rows), "stdlib")


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
    for node in _documented(ast.parse(path.read_bytes())):
        text = ast.get_docstring(node, clean=False) or ""
        text = _shortened(re.sub(re.escape(package), HIDDEN, inspect.cleandoc(text), flags=re.IGNORECASE))
        if len(text.split()) >= FEWEST_WORDS:
            yield text


def _documented(node: ast.AST) -> Iterator[Documented]:
    """All that may have a docstring; only blocks of statements are entered, which is far quicker than `ast.walk`."""
    if isinstance(node, Documented):
        yield node
    for block in ("body", "orelse", "handlers", "finalbody", "cases"):
        inner = getattr(node, block, ())
        for statement in inner if isinstance(inner, list) else ():
            yield from _documented(statement)


def _shortened(text: str) -> str:
    """As many whole paragraphs as fit into MOST_CHARACTERS; of a first one that is too long, its beginning."""
    if len(text) <= MOST_CHARACTERS:
        return text
    end = text.rfind("\n\n", 0, MOST_CHARACTERS + 1)
    return text[: end if end > 0 else MOST_CHARACTERS].rstrip()
