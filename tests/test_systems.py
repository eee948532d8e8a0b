"""The table of systems: complete, true and fresh."""

import json
import subprocess
import sys

import pytest
from tests.systems import PAGE, ROOT, page, proofs_by_row, recipes_by_row, source_link, systems

RECIPES = ROOT / "src" / "headwork" / "recipes"

MARKED = """
import pytest
pytestmark = pytest.mark.row("AT01")

@pytest.mark.row("AT02", "AT03")
@pytest.mark.slow
def test_two(): ...

@pytest.mark.parametrize("n", [1, pytest.param(2, marks=pytest.mark.row("AT04"))])
def test_parameters(n): ...

@pytest.mark.row("AT05")
class TestKind:
    pytestmark = [pytest.mark.row("AT06"), pytest.mark.slow]

    @pytest.mark.row("AT05")
    def test_in_class(self): ...

    def helper(self): ...

async def test_plain(): ...

@pytest.mark.row("AT07")
def not_a_test(): ...
"""


@pytest.fixture
def marked(tmp_path):
    (tmp_path / "tests" / "deep").mkdir(parents=True)
    (tmp_path / "tests" / "deep" / "test_marked.py").write_text(MARKED)
    return tmp_path


def test_marks_are_found_wherever_they_stand(marked):
    file = "tests/deep/test_marked.py"
    in_class = f"{file}::TestKind::test_in_class"
    assert proofs_by_row(marked / "tests") == {
        "AT01": [f"{file}::test_two", f"{file}::test_parameters", in_class, f"{file}::test_plain"],
        "AT02": [f"{file}::test_two"],
        "AT03": [f"{file}::test_two"],
        "AT04": [f"{file}::test_parameters"],
        "AT05": [in_class],
        "AT06": [in_class],
    }


def test_pytest_takes_the_node_ids(marked):
    nodes = sorted({node for proofs in proofs_by_row(marked / "tests").values() for node in proofs})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *nodes]
    done = subprocess.run(command, cwd=marked, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 tests collected" in done.stdout


def test_rows_are_unique_and_whole():
    rows = systems()
    assert len({row.id for row in rows}) == len(rows) > 300
    for row in rows:
        assert row.system and row.source and row.rank in (1, 2, 3), row


def test_marks_and_recipes_name_rows_that_exist():
    known = {row.id for row in systems()}
    assert set(proofs_by_row(ROOT / "tests")) <= known
    assert set(recipes_by_row()) <= known


def test_every_row_of_a_recipe_is_proved():
    assert [(row.id, row.recipes) for row in systems() if row.recipes and not row.tests] == []


def test_the_page_is_fresh():
    assert PAGE.read_text(encoding="utf-8") == page(systems()), "run python -m tests.systems"


def test_the_page_links_to_files_that_exist():
    for row in systems():
        for test in row.tests:
            assert (ROOT / test.partition("::")[0]).is_file()
        for recipe in row.recipes:
            assert (RECIPES / recipe.task / f"{recipe.name}.toml").is_file()


def test_sources_that_can_be_opened_are_links():
    assert source_link("arXiv:1706.03762") == "[arXiv 1706.03762](https://arxiv.org/abs/1706.03762)"
    assert source_link("github:openai/CLIP") == "[openai/CLIP](https://github.com/openai/CLIP)"
    assert source_link("Weng 2017, From GAN to WGAN") == "Weng 2017, From GAN to WGAN"


def test_every_row_as_json_without_torch():
    code = "import sys; from tests.systems import main; main(['--json']); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    listed, _, torch = done.stdout.rstrip().rpartition("\n")
    assert torch == "False"
    rows = json.loads(listed)
    assert [row["id"] for row in rows] == [row.id for row in systems()]
    assert all(list(row) == ["id", "system", "recipes", "tests"] for row in rows)


def test_a_stale_page_is_told(monkeypatch, tmp_path, capsys):
    from tests import systems as table

    stale = tmp_path / "systems.md"
    monkeypatch.setattr(table, "PAGE", stale)
    assert table.main(["--check"]) == 1
    assert "stale" in capsys.readouterr().err
    assert table.main([]) == 0
    assert table.main(["--check"]) == 0
    stale.write_text(stale.read_text().replace("work", "might work", 1))
    assert table.main(["--check"]) == 1
