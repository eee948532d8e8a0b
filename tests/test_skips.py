"""Every skip in the tests stands in tests/SKIPS.md with its reason, and nothing else stands there."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SKIPS = {
    "pytest.skip": 0,
    "pytest.mark.skip": 0,
    "pytest.mark.skipif": None,
    "pytest.importorskip": None,
}
"""what skips, and which positional argument is its reason where one may be"""


def skips(node: ast.AST, within: str = "") -> Iterator[tuple[str, str]]:
    """(function or class, reason) of each skip; the reason is empty where it is not written out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from skips(child, f"{within}::{child.name}")
            continue
        if isinstance(child, ast.Call) and ast.unparse(child.func) in SKIPS:
            yield within, reason_of(child)
        yield from skips(child, within)


def reason_of(call: ast.Call) -> str:
    place = SKIPS[ast.unparse(call.func)]
    given = [keyword.value for keyword in call.keywords if keyword.arg == "reason"]
    if place is not None:
        given += call.args[place : place + 1]
    return given[0].value if given and isinstance(given[0], ast.Constant) else ""


def skips_in_tests() -> dict[str, str]:
    found = {}
    for file in sorted((ROOT / "tests").rglob("*.py")):
        for within, reason in skips(ast.parse(file.read_text(encoding="utf-8"))):
            found[f"{file.relative_to(ROOT).as_posix()}{within}"] = reason
    return found


def listed() -> dict[str, str]:
    lines = (ROOT / "tests" / "SKIPS.md").read_text(encoding="utf-8").splitlines()
    rows = [line.strip("| ").split(" | ", 1) for line in lines if line.startswith("| `")]
    return {where.strip("`"): why for where, why in rows}


def test_every_skip_is_listed_with_its_reason():
    reasons = listed()
    assert set(skips_in_tests()) == set(reasons)
    for where, reason in skips_in_tests().items():
        assert reason in reasons[where], where


def test_skips_are_found_wherever_they_stand():
    source = """
import pytest
pytestmark = pytest.mark.skipif(True, reason="module")

@pytest.mark.skip("mark")
class TestKind:
    @pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.skipif(True, reason="parameter"))])
    def test_one(self):
        pytest.importorskip("faiss", reason="extra")

def test_two(cause):
    if cause:
        pytest.skip(str(cause))
"""
    assert list(skips(ast.parse(source))) == [
        ("", "module"),
        ("::TestKind::test_one", "extra"),
        ("::TestKind::test_one", "parameter"),
        ("::TestKind", "mark"),
        ("::test_two", ""),
    ]
