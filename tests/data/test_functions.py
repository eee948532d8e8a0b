"""Functions of Python files: where they stand, and their code without the docstring, by what Python's parser says."""

import ast
import dataclasses
import shutil
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwork.base.errors import HeadworkError
from headwork.data.functions import Function, functions_in, functions_of
from headwork.data.stdlib import described_functions

SOURCE = '''\
"""A module."""
import os


@decorated(
    1)
def first(a, b="é"):
    """Adds ünïcode numbers.

    And more.
    """
    # a comment
    return a + b


class Kept:
    "No function."

    async def method(self): "In one line."; return 1

    def only(self):
        """Nothing else."""

    if True:
        def inner(self):
            'ééé'; x = "é"; return x

    def bare(self):
        return """a
    string"""


def ends(): return 2
'''


def without_docstring(node: ast.AST) -> str:
    """The tree of a function as text, its docstring left out."""
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    if ast.get_docstring(node, clean=False) is not None:
        node.body = node.body[1:]
    return ast.dump(node)


def test_functions_are_found_where_they_stand():
    found = list(functions_of(SOURCE, "m.py"))
    lines = SOURCE.split("\n")
    assert [each.name for each in found] == ["first", "method", "only", "inner", "bare", "ends"]
    for each in found:
        assert f"def {each.name}" in lines[each.line - 1] and each.place == f"m.py:{each.line}"
        (alone,) = ast.parse(textwrap.dedent(each.text)).body
        assert isinstance(alone, ast.FunctionDef | ast.AsyncFunctionDef) and alone.name == each.name
    summaries = {each.name: each.summary for each in found}
    assert summaries["first"] == "Adds ünïcode numbers." and summaries["method"] == "In one line."
    assert summaries["bare"] == summaries["ends"] == ""
    codes = {each.name: each.code for each in found}
    assert codes["only"] == "" and codes["ends"] == "def ends(): return 2"
    assert codes["inner"] == 'def inner(self):\n    x = "é"; return x'
    assert codes["method"] == "async def method(self): return 1"
    assert "# a comment" in codes["first"] and "Adds" not in codes["first"] and codes["first"].startswith("@decorated(")
    assert "ünïcode" in next(each.text for each in found if each.name == "first")


@pytest.mark.parametrize("module", [textwrap, shutil, dataclasses])
def test_code_is_the_function_without_its_docstring(module):
    source = Path(module.__file__).read_text(encoding="utf-8")
    nodes = {
        node.lineno: node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    compared = 0
    found = list(functions_of(source, "x.py"))
    assert {each.line for each in found} == nodes.keys()
    for each in found:
        node = nodes[each.line]
        assert each.summary == (ast.get_docstring(node) or "").split("\n")[0].strip()
        wide = any(isinstance(part, ast.Constant) and "\n" in str(part.value) for part in ast.walk(node.body[-1]))
        if each.code and not wide:  # inside a string of several lines an indent is no indent
            (alone,) = ast.parse(each.code).body
            assert ast.dump(alone) == without_docstring(node)
            compared += 1
    assert compared > 8


@given(
    docstring=st.text("aé日🙂 ;#:\n\t\u2028", max_size=12),
    quote=st.sampled_from(["'''", '"""']),
    ending=st.sampled_from(["\n", "\r\n"]),
    depth=st.integers(0, 2),
)
@settings(max_examples=60)
def test_any_docstring_is_taken_out(docstring: str, quote: str, ending: str, depth: int):
    indent = "    " * depth
    head = [f"{'    ' * level}class C{level}:" for level in range(depth)]
    lines = [*head, f"{indent}def f(é):", f"{indent}    {quote}{docstring} {quote}", f"{indent}    return é"]
    (found,) = functions_of(ending.join("\n".join(lines).split("\n")), "x.py")
    assert found.code == "def f(é):\n    return é" and found.line == depth + 1


def test_a_folder_is_searched_and_what_cannot_be_read_is_told(tmp_path: Path):
    (tmp_path / "deep" / ".hidden").mkdir(parents=True)
    (tmp_path / "deep" / "a.py").write_text("def one():\n    return 1\n")
    (tmp_path / "deep" / ".hidden" / "b.py").write_text("def two(): pass\n")
    (tmp_path / "broken.py").write_text("def (:\n")
    (tmp_path / "latin.py").write_bytes("# é\ndef x(): pass\n".encode("latin1"))
    (tmp_path / "nul.py").write_bytes(b"def y(): pass\n\0")
    (tmp_path / "deeply.py").write_text("(" * 5000 + ")" * 5000)
    (tmp_path / "marked.py").write_bytes("\ufeffdef three(): pass\n".encode())
    (tmp_path / "folder.py").mkdir()
    found, unread = functions_in(tmp_path)
    assert [each.name for each in found] == ["one", "three"]
    assert {Path(each).name for each in unread} == {"broken.py", "latin.py", "nul.py", "deeply.py"}
    assert functions_in(tmp_path / "deep" / "a.py").found[0] == Function(
        "one", str(tmp_path / "deep" / "a.py"), 1, "def one():\n    return 1", "def one():\n    return 1", ""
    )


def test_a_folder_without_functions_is_refused(tmp_path: Path):
    with pytest.raises(HeadworkError, match="no Python files"):
        functions_in(tmp_path)
    (tmp_path / "a.py").write_text("x = (\n")
    with pytest.raises(HeadworkError, match=r"no function in its Python files \(1 of 1 files cannot"):
        functions_in(tmp_path)


def test_the_standard_library_gives_summaries_and_code(tmp_path: Path):
    (tmp_path / "a.py").write_text('def f():\n    """Adds two numbers.\n\n    Long."""\n    return 1\n')
    (tmp_path / "b.py").write_text('def g():\n    """Short."""\n    return 1\n')
    (tmp_path / "_c.py").write_text('def h():\n    """Adds two numbers."""\n    return 1\n')
    (tmp_path / "email").mkdir()
    (tmp_path / "email" / "d.py").write_text('def i():\n    """Reads a long letter"""\n    return 2\n')
    table = described_functions(tmp_path)
    assert table.columns == {
        "summary": ["Adds two numbers.", "Reads a long letter"],
        "code": ["def f():\n    return 1", "def i():\n    return 2"],
        "name": ["f", "i"],
        "file": ["a.py", "email/d.py"],
    }
    with pytest.raises(HeadworkError, match="no sources of the standard library"):
        described_functions(tmp_path / "nowhere")
