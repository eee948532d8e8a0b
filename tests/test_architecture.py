"""The house stands as docs/architecture.md draws it: imports go down, nothing read is executed, the start is light."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "headwork"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
FLOORS = [floor.split(" | ") for floor in CONTRACTS[0]["layers"]]
"""rooms by floor, the highest floor first"""


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """import-linter over the sources in a folder that looks like the repository."""
    code = "from importlinter.cli import lint_imports_command as command; command(['--no-cache', '--no-logo'])"
    environment = {"PYTHONPATH": str(folder / "src"), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copy(tmp_path):
    """The sources and their contracts, to plant mistakes in."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=lambda _, names: [n for n in names if n == "__pycache__"])
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(copy: Path, room: str, line: str) -> None:
    """One more line in a file of its own; a room that is a single file gets it at its end."""
    place = copy / "src" / room.replace(".", "/")
    file = place / "planted.py" if place.is_dir() else place.with_suffix(".py")
    with file.open("a", encoding="utf-8") as end:
        end.write(f"{line}\n")


def test_imports_go_down_only():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in done.stdout


def test_every_floor_is_held_from_below(copy):
    """Each room imports one of the floor above, and each of the rooms on a floor its neighbour: all of it is told."""
    forbidden = [(low, high[0]) for high, lows in pairwise(FLOORS) for low in lows]
    forbidden += [pair for floor in FLOORS for pair in pairwise(floor)]
    for room, other in forbidden:
        plant(copy, room, f"import {other}")
    done = lint(copy)
    assert done.returncode == 1
    for room, other in forbidden:
        assert re.search(rf"{room} is not allowed to import {other}:", done.stdout), (room, other, done.stdout)


@pytest.mark.parametrize(
    ("room", "line", "contract"),
    [
        ("headwork.data", "import headwork.tasks", CONTRACTS[0]["name"]),
        ("headwork.report", "import torch", CONTRACTS[1]["name"]),
        ("headwork.layers", "from headwork.data import corpus", CONTRACTS[2]["name"]),
    ],
)
def test_each_contract_breaks_on_a_planted_import(copy, room, line, contract):
    plant(copy, room, line)
    done = lint(copy)
    assert done.returncode == 1
    assert f"{contract} BROKEN" in done.stdout


def test_every_room_has_a_floor():
    rooms = {f"headwork.{entry.stem}" for entry in SOURCE.iterdir() if not entry.name.startswith("__")}
    # recipes is a folder of data that `base` reads.
    assert rooms - {"headwork.recipes"} == {room for floor in FLOORS for room in floor}


EXECUTING_MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "runpy"}
EXECUTING_CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "torch.load", "torch.save"}


def _takes_weights_alone(call: ast.Call) -> bool:
    """torch's own restricted unpickler, which makes tensors and plain containers and nothing else."""
    told = [ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg == "weights_only"]
    return ast.unparse(call.func) == "torch.load" and told == ["True"]


def executing(tree: ast.Module) -> Iterator[str]:
    """What in a file could run what it reads."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in EXECUTING_MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in EXECUTING_MODULES:
            yield node.module
        elif isinstance(node, ast.Call):
            if ast.unparse(node.func) in EXECUTING_CALLS and not _takes_weights_alone(node):
                yield ast.unparse(node.func)
            yield from (k.arg for k in node.keywords if k.arg in ("allow_pickle", "shell", "trust_remote_code"))


WRITES_FOR_OTHERS = {SOURCE / "models/formats/files.py": ["torch.save"]}
"""tensors for libraries that read nothing else; of what torch saved, headwork itself reads the weights alone"""


@pytest.mark.parametrize("file", sorted(SOURCE.rglob("*.py")), ids=lambda file: str(file.relative_to(SOURCE)))
def test_nothing_that_is_read_is_executed(file):
    assert list(executing(ast.parse(file.read_text(encoding="utf-8")))) == WRITES_FOR_OTHERS.get(file, [])


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "import joblib.numpy_pickle",
        "from pickle import loads",
        "eval(text)",
        "exec(text)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "torch.save(x, path, weights_only=True)",
        "numpy.load(path, allow_pickle=True)",
        "subprocess.run(text, shell=True)",
    ],
)
def test_a_planted_danger_is_found(line):
    assert len(list(executing(ast.parse(line)))) == 1


def test_what_only_looks_dangerous_is_left_alone():
    assert (
        list(
            executing(
                ast.parse("model.eval()\nre.compile(text)\nresult.exec_time = 1\ntorch.load(x, weights_only=True)")
            )
        )
        == []
    )


def imported_by(code: str) -> set[str]:
    """Which heavy packages are loaded after running `code` in a fresh process."""
    heavy = "print(sorted({'torch', 'sklearn', 'scipy', 'pyarrow', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", f"import sys\n{code}\n{heavy}"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(ast.literal_eval(done.stdout.splitlines()[-1]))


def test_importing_headwork_loads_nothing_heavy():
    assert imported_by("import headwork") == set()


def test_help_loads_nothing_heavy():
    code = """
sys.argv = ["headwork", "--help"]
from headwork.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""
    assert imported_by(code) == set()


def test_nothing_names_a_place_on_somebodys_machine():
    place = re.compile(r"""(?:^|[\s"'`(=\[])(/(?:work|root|Users)/|/home/(?!user/))""", re.MULTILINE)
    assert place.search("see `/" + "work/shared/data`")
    folders = [ROOT / name for name in ("docs", "src", "tests", "bench")]
    files = [
        file for folder in folders for file in folder.rglob("*") if file.suffix in {".py", ".md", ".toml", ".html"}
    ]
    for file in [*files, *ROOT.glob("*.md"), ROOT / "pyproject.toml"]:
        found = place.search(file.read_text(encoding="utf-8"))
        assert not found, (file, found)
