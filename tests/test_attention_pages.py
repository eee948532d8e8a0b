"""docs/attention.md and docs/adding-a-mechanism.md hold what they say: tables, pictures, steps."""

import importlib.util
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
import torch
from tests.attention import grid
from tests.attention.test_grid import holds
from tests.test_docs import ENVIRONMENT, FENCE

from headwork.attention.choice import AXES, Choice
from headwork.attention.kernels.base import Request
from headwork.attention.memory import MEMORIES
from headwork.attention.plan import KERNELS, Plan, plan
from headwork.attention.positions import POSITIONS
from headwork.attention.record import record
from headwork.attention.where import Where
from headwork.base.recipes import load_recipe, with_settings
from headwork.models import config_of, kind_of
from headwork.ops.packed import TokenBatch
from headwork.tasks.planning import plan_recipe

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "attention.md").read_text(encoding="utf-8")
ADDING = (ROOT / "docs" / "adding-a-mechanism.md").read_text(encoding="utf-8")


def loaded(name: str, file: Path) -> ModuleType:
    """A file outside the package as a module."""
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def table(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading of the page, without its head."""
    below = re.split(rf"^#+ {re.escape(heading)}$", PAGE, flags=re.MULTILINE)[1]
    lines = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)
    assert lines is not None
    rows = lines.group().replace(r"\|", "¦").splitlines()[2:]
    return [[cell.strip().replace("¦", "|") for cell in row.strip("|").split("|")] for row in rows]


@pytest.fixture(scope="module")
def pictures() -> ModuleType:
    return loaded("headwork_docs_pictures", ROOT / "docs" / "pictures.py")


def test_the_pictures_are_those_that_the_code_draws(pictures):
    folder = ROOT / "docs" / "attention"
    drawn = dict(pictures.pictures())
    assert {file.name for file in folder.iterdir()} == drawn.keys()
    for name, content in drawn.items():
        assert (folder / name).read_bytes() == content, f"{name}: run python docs/pictures.py"
        assert len(content) < 100_000, name
        assert f"attention/{name}" in PAGE


def test_every_scope_position_and_normaliser_has_a_picture(pictures):
    panels = [panel for _, panels in pictures.FIGURES.values() for panel in panels]
    words = " ".join(panel.words for panel in panels)
    for name in (*AXES["scopes"], *AXES["positions"]):
        assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w*-])", words), name
    assert {word.partition(":")[0] for word in pictures.NORMALISERS} == AXES["normalisers"].keys() - {"entmax-learned"}
    for panel in panels:
        values = panel.values()
        assert values.min() >= 0 and values.max() <= 1 and values.max() > 0, panel


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("Scores", AXES["scores"]),
        ("Scopes", AXES["scopes"]),
        ("Positions", [*AXES["positions"], "sinusoids", "learned table"]),
        ("Normalisers", AXES["normalisers"]),
        ("Memories", MEMORIES),
    ],
)
def test_the_tables_of_the_page_name_what_the_tables_of_the_code_hold(heading, names):
    assert [row[0].strip("`") for row in table(heading)] == list(names)


def test_the_page_says_what_each_kernel_does():
    assert {row[0].strip("`"): row[1] for row in table("What runs where")} == {
        kernel.name: kernel.does for kernel in KERNELS.values()
    }


def planned(mechanism: str, call: str) -> tuple[str, str]:
    """Kernels and obstacles of a row such as `scope=window:16, normaliser=entmax15` in `training, 512 places`."""
    words = dict(word.split("=", 1) for word in mechanism.replace("`", "").split(", ") if "=" in word)
    dropout = float(words.pop("dropout", 0))
    scopes = tuple(words.pop("scope", "full").split(" & "))
    positions = (words.pop("position"),) if "position" in words else ()
    choice = Choice(**{"score": "scaled_dot", **words}, scope=scopes, position=positions)
    places = int(re.search(r"(\d+) places", call).group(1))  # type: ignore[union-attr]
    found = plan(
        replace(choice.mechanism(width=16, keys=places, heads=4), dropout=dropout),
        Request(
            texts=8,
            heads=4,
            queries=1 if "one query" in call else places,
            keys=places,
            width=16,
            value_width=16,
            dtype=torch.bfloat16 if "bfloat16" in call else torch.float32,
            trains="training" in call,
            layout="packed" if "packed" in call else "whole",
            one_query="one query" in call,
        ),
    )
    chain: list[Plan] = []
    step: Plan | None = found
    while step is not None:
        chain.append(step)
        step = step.inner
    obstacles = [told for each in chain for told in each.reason.split("; ") if told.startswith("not ")]
    return " > ".join(each.kernel for each in chain), "; ".join(obstacles)


@pytest.mark.parametrize("row", table("What falls back, and why"), ids=lambda row: f"{row[0]}, {row[1]}")
def test_the_planner_takes_what_the_page_says(row):
    mechanism, call, kernels, obstacles = row
    assert planned(mechanism, call) == (kernels.replace("`", ""), obstacles)


def block(language: str, number: int) -> str:
    """A block of the page that tells how to add a mechanism."""
    return [body for kind, body in FENCE.findall(ADDING) if kind == language][number]


@pytest.fixture
def kerple(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type:
    """The page's mechanism, in the tables that it says."""
    file = tmp_path / "kerple.py"
    file.write_text(block("python", 0), encoding="utf-8")
    made = loaded("headwork_docs_kerple", file).Kerple
    monkeypatch.setitem(POSITIONS, "kerple", made)
    maker = eval(f"{{{block('py', 1)}}}", {**vars(grid), "Kerple": made})
    for name, one in maker.items():
        monkeypatch.setitem(grid.POSITION_MAKERS, name, one)
    return made


def points() -> list[grid.Point]:
    """KERPLE with every scope twice, and among them with every score, normaliser, layout and shape."""
    scores, normalisers = list(grid.SCORE_MAKERS), [name for name in grid.NORMALISER_MAKERS if name != "proportional"]
    shapes = list(grid.SHAPES)
    return [
        grid.Point(
            scores[place % len(scores)],
            scope,
            "softmax" if place % 2 else normalisers[place % len(normalisers)],
            "kerple",
            grid.LAYOUTS[place % 3],
            shapes[place // 3 % 3],
        )
        for place, scope in enumerate([*grid.SCOPE_MAKERS, *grid.SCOPE_MAKERS])
    ]


@pytest.mark.parametrize("point", points(), ids=str)
def test_the_new_mechanism_is_the_same_in_every_kernel(kerple, point):
    holds(point)


def test_the_new_mechanism_is_its_formula_and_learns(kerple):
    torch.manual_seed(0)
    part, places = kerple(3).double(), torch.arange(7)
    torch.nn.init.normal_(part.logs)
    x = torch.zeros(1, 3, 7, 4, dtype=torch.float64)
    (strength, rate), apart = part.logs.detach().exp(), (places[:, None] - places).abs()
    torch.testing.assert_close(part.bias(Where.of(x, x)), -strength * torch.log(1 + rate * apart))
    assert torch.autograd.gradcheck(lambda _: part.bias(Where.of(x, x)), part.logs)


def test_the_new_mechanism_is_a_word_of_recipes_is_planned_and_recorded(kerple):
    assert isinstance(Choice(position=("kerple:0.5",)).mechanism(width=4, keys=9, heads=2).position[0], kerple)
    recipe = with_settings(load_recipe("transformer"), ["model.position=kerple"], size="tiny")
    plans = plan_recipe(recipe, [6, 9], training=True, device="cpu")
    assert "Kerple learns a bias" not in str(plans), "short texts are dense without a word"
    model, _ = kind_of(recipe).load()
    network = model(config_of(recipe), vocabulary=50, classes=2)
    batch = TokenBatch(torch.arange(15), (6, 9))
    network(batch).square().sum().backward()
    logs = {name: weight for name, weight in network.named_parameters() if name.endswith("logs")}
    assert len(logs) == 2 and all(weight.grad.abs().sum() > 0 for weight in logs.values())
    assert all(name in network.state_dict() for name in logs)
    with torch.no_grad(), record(network.eval()) as tape:
        network(batch)
    call = tape.calls[tape.layers[0]]
    query, key = (x[6:].transpose(0, 1) for x in (call.query, call.key))
    bias = call.mechanism.position[0].bias(Where.of(query[None], key[None]))[0]
    expected = (query @ key.transpose(1, 2) * query.shape[-1] ** -0.5 + bias).softmax(-1)
    torch.testing.assert_close(tape.map(0, text=1), expected)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources in which steps 1 and 2 of the page were taken."""
    source = tmp_path_factory.mktemp("followed") / "src"
    shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
    paths = re.findall(r"`src/(headwork/[\w/]+\.py)`", ADDING)
    (source / paths[0]).write_text(block("python", 0), encoding="utf-8")
    imported, entry = block("py", 0).strip().split("\n\n")
    text = (source / paths[1]).read_text(encoding="utf-8")
    assert text.count("\nPOSITIONS = {") == 1
    text = text.replace("\nPOSITIONS = {", f"\n{imported}\n\nPOSITIONS = {{\n{entry}\n")
    (source / paths[1]).write_text(text, encoding="utf-8")
    return source


SAID = (
    ("dense", "fallback: ", "not fused: Kerple learns a bias"),
    ("windows", "fused"),
    ("bias that is added", "position kerple"),
    ("alibi, rotary, shaw, t5, xl", "kerple"),
)


@pytest.mark.parametrize("number", range(len(SAID)))
def test_the_commands_of_the_page_run_where_its_steps_were_taken(followed, number):
    lines = block("console", 0).replace("$ headwork ", "").splitlines()
    assert len(lines) == len(SAID)
    words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', lines[number])]
    done = subprocess.run(
        [sys.executable, "-m", "headwork", *words],
        env={**ENVIRONMENT, "PYTHONPATH": str(followed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for told in SAID[number]:
        assert told in done.stdout
