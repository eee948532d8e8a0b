"""The functions and methods of Python files. Files are parsed; nothing is imported, nothing is run.

A function is told by its text as the file has it, moved to the left edge, and by its code: the same without the
docstring. Its summary is the first line of the docstring.
"""

import ast
import inspect
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS, Limits

Defined = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.Module | ast.ClassDef | Defined
END = ".py"


class Function(NamedTuple):
    name: str
    file: str
    line: int
    """of its def, from 1"""
    text: str
    code: str
    """empty where the docstring is all that it has"""
    summary: str
    """empty where it has no docstring"""

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


class Functions(NamedTuple):
    found: list[Function]
    unread: list[str]
    """files that are no Python of this version, or no UTF-8"""


def functions_in(path: Path, limits: Limits = DEFAULT_LIMITS) -> Functions:
    """Of all Python files in a folder and below it, hidden folders left out, or of one file.

    HeadworkError where there is no Python file, or no function in any.
    """
    files = [path] if path.is_file() else sorted(_files(path))
    if not files:
        raise HeadworkError(f"{path}: no Python files in it; expected a folder with files that end in {END}")
    found: list[Function] = []
    unread: list[str] = []
    for file in files:
        try:
            limits.check("file_bytes", file.stat().st_size, str(file))
            found += functions_of(file.read_bytes().decode("utf-8-sig"), str(file))
        except (
            SyntaxError,
            ValueError,
            RecursionError,
            MemoryError,
            OSError,
        ):  # what ast raises on what it cannot read
            unread.append(str(file))
    if not found:
        told = f" ({len(unread):,} of {len(files):,} files cannot be read as Python)" if unread else ""
        raise HeadworkError(f"{path}: no function in its Python files{told}")
    return Functions(found, unread)


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob(f"*{END}"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path


def functions_of(source: str, file: str) -> Iterator[Function]:
    """In the order of the file; ValueError or SyntaxError where it is no Python."""
    source = source.replace("\r\n", "\n").replace("\r", "\n")  # as Python itself counts lines
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the file's author may be warned of is nothing to our user
        tree = ast.parse(source)
    lines = source.split("\n")
    for node in documented(tree):
        if isinstance(node, Defined):
            yield _function(node, lines, file)


def documented(node: ast.AST) -> Iterator[Documented]:
    """All that may have a docstring; only blocks of statements are entered, which is far quicker than `ast.walk`."""
    if isinstance(node, Documented):
        yield node
    for block in ("body", "orelse", "handlers", "finalbody", "cases"):
        inner = getattr(node, block, ())
        for statement in inner if isinstance(inner, list) else ():
            yield from documented(statement)


def _function(node: Defined, lines: list[str], file: str) -> Function:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1
    own = lines[first : node.end_lineno]
    own[-1] = _upto(own[-1], node.end_col_offset)
    written = ast.get_docstring(node, clean=False)
    code = own
    if written is not None:
        code = _without(own, node.body[0], first) if len(node.body) > 1 else []
    told = inspect.cleandoc(written or "").split("\n")[0].strip()
    indent = own[0][: len(own[0]) - len(own[0].lstrip())]
    return Function(node.name, file, node.lineno, _moved(own, indent), _moved(code, indent), told)


def _without(lines: list[str], docstring: ast.stmt, first: int) -> list[str]:
    """The lines of a function, of which number `first` is the first, without those of its docstring."""
    start, end = docstring.lineno - 1 - first, (docstring.end_lineno or docstring.lineno) - 1 - first
    before = _upto(lines[start], docstring.col_offset)
    behind = lines[end][len(_upto(lines[end], docstring.end_col_offset or 0)) :].lstrip("; \t")
    return [*lines[:start], *([before + behind] if before.strip() or behind else []), *lines[end + 1 :]]


def _upto(line: str, column: int | None) -> str:
    """The beginning of a line; ast counts columns in bytes of UTF-8."""
    return line.encode()[:column].decode()


def _moved(lines: list[str], indent: str) -> str:
    return "\n".join(line.removeprefix(indent).rstrip() for line in lines)
