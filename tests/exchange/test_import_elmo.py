"""ELMo taken in: the same weights to the bit, and training that starts from them."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from click.testing import CliRunner
from tests.models.formats.test_elmo import FIXTURES

from headwork.base.errors import HeadworkError
from headwork.base.files import read_json
from headwork.base.recipes import load_recipe, with_settings
from headwork.base.runs import Imported, Run
from headwork.cli.import_ import import_
from headwork.compare.open import open_run
from headwork.exchange.exporting import export
from headwork.exchange.importing import import_model
from headwork.models.elmo import Elmo, ElmoConfig
from headwork.models.formats import elmo as published
from headwork.tasks.classify import new_classifier

TINY = ElmoConfig(
    width=2, places=6, filters=((1, 2), (2, 3)), highways=1, projection=3, hidden=5, layers=1, cell_clip=None
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    published.write(Elmo(TINY), tmp_path / "elmo")
    return tmp_path / "elmo"


@pytest.fixture
def run(source: Path, tmp_path: Path) -> Run:
    run = Run(tmp_path / "run")
    import_model(str(source), run)
    return run


def same(one: Elmo, other: Elmo) -> bool:
    mine, theirs = one.state_dict(), other.state_dict()
    return one.config == other.config and all(torch.equal(mine[name], theirs[name]) for name in mine | theirs)


def test_an_imported_elmo_is_the_published_one(source: Path, run: Run):
    for place in (run.folder, run.model):
        assert same(Elmo.load(place), Elmo.load(source))
    assert not any(parameter.requires_grad for parameter in Elmo.load(run.folder).bilm.parameters())
    said = read_json(run.imported_file, Imported)
    assert (said.family, said.layers, said.width, said.tokens, said.heads) == ("elmo", 1, 6, 261, [])
    assert said.parameters == sum(parameter.numel() for parameter in Elmo(TINY).parameters())


@pytest.mark.row("EL03")
@pytest.mark.parametrize("fixture", FIXTURES)
def test_what_tensorflow_published_is_taken_in_to_the_bit(fixture: str, real_data: Path, tmp_path: Path):
    run = Run(tmp_path / "run")
    import_model(str(real_data / "fixtures" / fixture), run)
    assert same(Elmo.load(run.folder), published.read(real_data / "fixtures" / fixture))


@pytest.mark.parametrize("start", ["run", "model", "source"])
def test_training_starts_from_any_of_them(start: str, source: Path, run: Run):
    folder = {"run": run.folder, "model": run.model, "source": source}[start]
    recipe = with_settings(load_recipe("elmo"), (f"model.pretrained={folder}",), size="tiny")
    made: Any = new_classifier(recipe, ["x", "y"], ["a b"] * 2, seed=0)
    assert same(made.network.elmo, Elmo.load(source))


def test_the_command_says_what_it_took_in(source: Path, tmp_path: Path):
    done = CliRunner().invoke(import_, [str(source), "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "elmo, 1 layers of width 6" in done.output and "261 tokens, heads: none" in done.output
    assert f"headwork train elmo DATA --set model.pretrained={tmp_path / 'out'}" in done.output


def test_refusals(source: Path, run: Run, tmp_path: Path):
    with pytest.raises(HeadworkError, match="folder is not empty"):
        import_model(str(source), run)
    with pytest.raises(HeadworkError, match="ELMo has no form elsewhere"):
        export(run, "hf", tmp_path / "out")
    with pytest.raises(HeadworkError, match="without a task; train from it"):
        open_run(str(run.folder), device="cpu")
    recipe = with_settings(load_recipe("minilm"), (f"model.pretrained={run.folder}",))
    with pytest.raises(HeadworkError, match="holds ELMo, from which the recipe elmo starts"):
        new_classifier(recipe, ["x", "y"], [], seed=0)


def test_damage_is_refused_by_name(source: Path, run: Run, tmp_path: Path):
    config = run.model / "config.json"
    told = msgspec.json.decode(config.read_bytes())
    for settings, message in (
        ({"highways": 0}, r"tensor 'words\.highways\.0\S+ is not part of this model"),
        ({"hidden": 4}, "has shape"),
        ({"hidden": 60_000}, r"bytes, where its settings ask for 14,882,496"),
        ({"x": 1}, "damaged"),
    ):
        config.write_bytes(msgspec.json.encode({**told, "config": {**told["config"], **settings}}))
        with pytest.raises(HeadworkError, match=message):
            Elmo.load(run.folder)
    (source / "options.json").write_text("{")
    with pytest.raises(HeadworkError, match="expected the options of ELMo"):
        import_model(str(source), Run(tmp_path / "again"))
    assert not (tmp_path / "again").exists()
