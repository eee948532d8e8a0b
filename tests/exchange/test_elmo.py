"""A language of ELMoForManyLangs by its folder or its code, imported and used."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.models.formats.test_elmo_many_languages import SENTENCES, language

from headwork.base.errors import HeadworkError
from headwork.base.runs import Run
from headwork.data.languages import FIRST_NUMBER, LANGUAGES, find_elmo
from headwork.exchange.importing import import_model
from headwork.models.elmo import Elmo
from headwork.sklearn import MeanElmo

pytestmark = pytest.mark.row("EL14")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with one language in it, and a working folder without any."""
    monkeypatch.setenv("HEADWORK_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cache" / "elmo").mkdir(parents=True)
    return language(tmp_path / "cache" / "elmo" / "ru")


@pytest.mark.parametrize("by", ["folder", "code"])
def test_what_is_imported_says_what_its_files_say(by: str, cache: Path, tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    found = import_model(str(cache) if by == "folder" else "ru", run)
    assert (found.family, found.layers, found.width, found.tokens) == ("elmo", 2, 8, 8)
    assert json.loads(run.imported_file.read_text())["source"] == str(cache)
    assert not [path for path in run.folder.rglob("*") if path.suffix == ".pkl"]
    ours, theirs = (Elmo.load(place).embed(SENTENCES) for place in (run.folder, cache))
    assert all(torch.equal(one, other) for one, other in zip(ours, theirs, strict=True))


def test_a_language_in_scikit_learn(cache: Path) -> None:
    by_code, by_folder = (MeanElmo(name).fit([]).transform(["банк не", "река"]) for name in ("ru", str(cache)))
    assert by_code.shape == (2, 8) and np.array_equal(by_code, by_folder)


def test_a_language_that_is_not_here_is_told_where_to_get(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(HeadworkError, match=r"no ELMo of the language 'zh' here; get http://.*/179\.zip and unpack"):
        import_model("zh", Run(tmp_path / "run"))
    with pytest.raises(HeadworkError, match="no folder of encoder weights called 'xx'"):
        import_model("xx", Run(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_a_folder_goes_before_a_code(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "ru").mkdir()
    assert find_elmo("ru") == Path("ru") and find_elmo("weights/ru") == Path("weights/ru")


@pytest.mark.parametrize(("code", "number"), [("ar", 136), ("en", 144), ("it", 159), ("ru", 170), ("zh", 179)])
def test_numbers_of_languages(code: str, number: int) -> None:
    assert FIRST_NUMBER + LANGUAGES.index(code) == number and len(LANGUAGES) == len({*LANGUAGES}) == 44
