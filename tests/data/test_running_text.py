"""Running texts: what is read is kept to the letter, and sides never share a character."""

import gzip
from pathlib import Path

import pytest

from headwork.base.errors import HeadworkError
from headwork.data.running_text import RunningText, prepare_running_text

LINES = [f"Line {number} of a text that goes on and on." for number in range(300)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "book.txt"
    path.write_text("\n".join(LINES) + "\n")
    return path


def test_the_sides_are_the_text_cut_at_ends_of_lines(file) -> None:
    text = prepare_running_text(file)
    ((train,), (dev,), (test,)) = (text.part(side) for side in ("train", "dev", "test"))
    assert train + dev + test == "\n".join(LINES)
    assert train.endswith("\n") and dev.endswith("\n")
    whole = len(train + dev + test)
    assert len(dev) == pytest.approx(0.05 * whole, abs=60)
    assert len(test) == pytest.approx(0.05 * whole, abs=60)
    assert text.facts.rows == whole and text.facts.unit == "characters"


def test_a_text_without_lines_is_cut_where_it_falls(tmp_path) -> None:
    path = tmp_path / "one.txt"
    path.write_text("abcd " * 2000)
    text = prepare_running_text(path)
    assert "".join(text.part(side)[0] for side in ("train", "dev", "test")) == "abcd " * 2000


def test_documents_stay_whole_and_apart(tmp_path) -> None:
    path = tmp_path / "many.txt"
    parts = [f"Document {number}.\n" + "word " * 30 for number in range(60)]
    path.write_text("\n\n".join(parts))
    text = prepare_running_text(path, documents=True)
    assert text.part("train") + text.part("dev") + text.part("test") == parts
    assert len(text.part("test")) == len(text.part("dev")) == 3
    assert "60 documents" in text.facts.notes[0]


def test_files_of_the_sides_are_taken_as_they_are(file, tmp_path) -> None:
    packed = tmp_path / "held.txt.gz"
    packed.write_bytes(gzip.compress(("x" * 500).encode()))
    text = prepare_running_text(file, test=packed)
    assert text.part("test") == ["x" * 500]
    assert text.part("train")[0] + text.part("dev")[0] == "\n".join(LINES)


def test_a_folder_and_a_name(tmp_path, monkeypatch) -> None:
    folder = tmp_path / "plays"
    folder.mkdir()
    for side in ("train", "dev", "test"):
        (folder / f"{side}.txt").write_text(side * 300)
    monkeypatch.setenv("HEADWORK_DATA", str(tmp_path))
    for place in (folder, "plays"):
        text = prepare_running_text(place)
        assert text.part("dev") == ["dev" * 300] and text.name == "plays"
    with pytest.raises(HeadworkError, match="did you mean 'plays'"):
        prepare_running_text("playz")


def test_the_default_has_a_document_for_each_file() -> None:
    text = prepare_running_text("stdlib")
    documents = [each for side in ("train", "dev", "test") for each in text.part(side)]
    assert len(documents) > 50 and len(set(documents)) == len(documents)
    assert text.facts.split.test > 5000


def test_saved_and_loaded_it_is_the_same(file, tmp_path) -> None:
    text = prepare_running_text(file)
    text.save(tmp_path / "out")
    again = RunningText.load(tmp_path / "out")
    assert again.sides == text.sides and again.facts == text.facts
    other = prepare_running_text(file, documents=True, dev=file)
    other.save(tmp_path / "other")
    (tmp_path / "out" / "rows.parquet").write_bytes((tmp_path / "other" / "rows.parquet").read_bytes())
    with pytest.raises(HeadworkError, match="not the text"):
        RunningText.load(tmp_path / "out")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"ab\0cd" * 400, "binary"),
        (b" \n" * 400, "blanks"),
        (b"short", "200"),
        (b"\xff" * 500, "UTF-8"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path, content, told) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes(content)
    with pytest.raises(HeadworkError, match=told):
        prepare_running_text(path)
