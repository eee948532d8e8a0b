"""The systems that headwork covers, each with its recipes and the tests that prove it.

    python -m tests.systems            write docs/systems.md
    python -m tests.systems --check    fail when docs/systems.md is stale
    python -m tests.systems --json     print [{"id", "system", "recipes": [names], "tests": [node ids]}], every row

The rows stand in tests/systems.toml. A recipe names its rows itself; a test is marked `@pytest.mark.row("AT23")`. Tests
are read, not imported, so that the table is there in a moment and without torch.
"""

import argparse
import ast
import json
import os
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from headwork.base.recipes import Recipe, all_recipes

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "systems.md"
LINKS = {
    "arXiv:": "https://arxiv.org/abs/",
    "ACL ": "https://aclanthology.org/",
    "github:": "https://github.com/",
    "OpenReview ": "https://openreview.net/forum?id=",
}
"""how a source begins that can be opened, and where"""


@dataclass(frozen=True)
class System:
    id: str
    rank: int
    """1 comes first"""
    system: str
    source: str
    section: str
    recipes: list[Recipe]
    tests: list[str]
    """node ids, as pytest takes them from the repository's root"""


def systems() -> list[System]:
    """Every row, in the order of tests/systems.toml."""
    recipes = recipes_by_row()
    proofs = proofs_by_row(ROOT / "tests")
    sections = tomllib.loads((ROOT / "tests" / "systems.toml").read_text(encoding="utf-8"))["section"]
    return [
        System(*row, section["title"], recipes.get(row[0], []), proofs.get(row[0], []))
        for section in sections
        for row in section["rows"]
    ]


def recipes_by_row() -> dict[str, list[Recipe]]:
    """The recipes that say they make a row work."""
    found: dict[str, list[Recipe]] = {}
    for recipe in all_recipes():
        for row in recipe.rows:
            found.setdefault(row, []).append(recipe)
    return found


def proofs_by_row(folder: Path) -> dict[str, list[str]]:
    """Node ids of the tests below `folder` that are marked with a row, relative to the folder above it."""
    found: dict[str, list[str]] = {}
    for file in sorted(folder.rglob("test_*.py")):
        text = file.read_text(encoding="utf-8")
        if "mark.row" in text:
            for row, test in marked_tests(ast.parse(text)):
                found.setdefault(row, []).append(f"{file.relative_to(folder.parent).as_posix()}::{test}")
    return found


def marked_tests(
    tree: ast.Module | ast.ClassDef, marked: tuple[str, ...] = (), within: str = ""
) -> Iterator[tuple[str, str]]:
    """(row, test) for each test of a module or class; marks of the module, the class and parameters count for it."""
    assigned = [
        node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets) == "pytestmark"
    ]
    marked += rows_in(assigned)
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from marked_tests(node, marked + rows_in(node.decorator_list), f"{within}{node.name}::")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            for row in dict.fromkeys(marked + rows_in(node.decorator_list)):
                yield row, f"{within}{node.name}"


def rows_in(nodes: Sequence[ast.AST]) -> tuple[str, ...]:
    """Ids in all calls of `pytest.mark.row` within some syntax."""
    calls = [call for node in nodes for call in ast.walk(node) if isinstance(call, ast.Call)]
    return tuple(
        ast.literal_eval(argument)
        for call in calls
        if ast.unparse(call.func) == "pytest.mark.row"
        for argument in call.args
    )


def page(rows: list[System]) -> str:
    """docs/systems.md: what works, what does not yet."""
    lines = [
        "# The systems",
        "",
        f"{sum(bool(row.tests) for row in rows)} of {len(rows)} work. A row works when a test proves it. This page is "
        "made by `python -m tests.systems`.",
    ]
    for title in dict.fromkeys(row.section for row in rows):
        own = [row for row in rows if row.section == title]
        working = [row for row in own if row.tests]
        waiting = sorted((row for row in own if not row.tests), key=lambda row: row.rank)
        lines += ["", f"## {title}: {len(working)} of {len(own)}"]
        if working:
            lines += ["", "| | what works | source | recipes | tests |", "|---|---|---|---|---|"]
            lines += [table_row(row) for row in working]
        if waiting:
            lines += ["", "<details><summary>not yet</summary>", ""]
            lines += [f"- {row.id} {row.system} ({sources(row)})" for row in waiting]
            lines += ["", "</details>"]
    return "\n".join(lines) + "\n"


def table_row(row: System) -> str:
    recipes = [f"[{each.name}](../src/headwork/recipes/{each.task}/{each.name}.toml)" for each in row.recipes]
    files = dict.fromkeys(test.partition("::")[0] for test in row.tests)
    tests = [f"[{file.removeprefix('tests/')}](../{file})" for file in files]
    return f"| {row.id} | {row.system} | {sources(row)} | {', '.join(recipes)} | {', '.join(tests)} |"


def sources(row: System) -> str:
    return "; ".join(source_link(source) for source in row.source.split("; "))


def source_link(source: str) -> str:
    for start, place in LINKS.items():
        if source.startswith(start):
            name = source.removeprefix(start)
            return f"[{name if start == 'github:' else source.replace(':', ' ')}]({place}{name})"
    return source


def as_json(row: System) -> dict[str, object]:
    recipes = list(dict.fromkeys(recipe.name for recipe in row.recipes))
    return {"id": row.id, "system": row.system, "recipes": recipes, "tests": row.tests}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.systems", description="The table of systems.")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--json", action="store_true", help="print the rows instead of writing docs/systems.md")
    choice.add_argument("--check", action="store_true", help="fail when docs/systems.md is stale")
    asked = parser.parse_args(arguments)
    rows = systems()
    if asked.json:
        print(json.dumps([as_json(row) for row in rows], indent=1))
    elif asked.check:
        if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page(rows):
            print(f"{os.path.relpath(PAGE)} is stale; run python -m tests.systems", file=sys.stderr)
            return 1
    else:
        PAGE.write_text(page(rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
