"""A path wins over a name; an unknown name is refused with the nearest."""

from pathlib import Path

import pytest

from headwork.base.errors import HeadworkError
from headwork.data.sets import known_sets, resolve


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "trec/train.csv", "trec/dev.csv", "trec/test.csv.gz", "trec/notes.txt",
        "hebrew/token.train.tsv.gz", "hebrew/token.test.tsv",
        "flat/data.csv", "half/train.csv", "text/train.txt", "text/test.txt",
    ):  # fmt: skip
        path = tmp_path / "sets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.setenv("HEADWORK_DATA", str(tmp_path / "sets"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "sets"


def test_known_sets(folder: Path) -> None:
    assert [found.name for found in known_sets()] == ["stdlib", "two-entities", "hebrew/token", "trec"]
    assert known_sets()[0].files == {}
    assert known_sets()[3].files == {
        "train": folder / "trec/train.csv",
        "dev": folder / "trec/dev.csv",
        "test": folder / "trec/test.csv.gz",
    }
    assert all(found.description for found in known_sets())


def test_only_the_embedded_default_without_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for place in ("", str(tmp_path / "nowhere")):
        monkeypatch.setenv("HEADWORK_DATA", place)
        assert [found.name for found in known_sets()] == ["stdlib", "two-entities"]
    monkeypatch.delenv("HEADWORK_DATA")
    assert [found.name for found in known_sets()] == ["stdlib", "two-entities"]


def test_a_path_wins_over_a_name(folder: Path) -> None:
    assert resolve("trec").files["train"] == folder / "trec/train.csv"
    Path("trec").touch()
    assert resolve("trec").files == {"train": Path("trec")}
    assert resolve(folder / "flat/data.csv").files == {"train": folder / "flat/data.csv"}


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("trek", "did you mean 'trec'"),
        ("stdlb", "did you mean 'stdlib'"),
        ("nothing.csv", r"nothing\.csv: no such file"),
        ("", "no such"),
    ],
)
def test_unknown_names(folder: Path, source: str, told: str) -> None:
    with pytest.raises(HeadworkError, match=told):
        resolve(source)


def test_the_real_sets(real_data: Path) -> None:
    names = {found.name for found in known_sets()}
    assert {"stdlib", "trec", "sst2", "imdb", "bbc_news", "ag_news", "hebrew_sentiment/token"} <= names
