"""Tagging on the command line."""

import json
from pathlib import Path

import pytest

TAG = ("--task", "tag")


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sentences with names."""
    path = tmp_path_factory.mktemp("mine") / "mine.conll"
    people, places = ("Ada", "Bob", "Cyd", "Dan"), ("Paris", "Rome", "New York")
    lines = []
    for number in range(80):
        person, place = people[number % 4], places[number % 3].split()
        tagged = [f"{word} {'I' if n else 'B'}-LOC" for n, word in enumerate(place)]
        lines += [f"{person} B-PER", "saw O", *tagged, f"{number} O", ". O", ""]
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="module")
def run(headwork, mine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "t"
    done = headwork("train", "majority", mine, *TAG, "-o", out)
    assert done.returncode == 0, done.stderr
    assert "80 sentences; text 'column 1', label 'last column'" in done.stderr and "4 classes: O" in done.stderr
    assert "test entity F1 1.000, precision 1.000, recall 1.000" in done.stdout
    assert (out / "report.html").is_file()
    return out


@pytest.mark.row("BE10")
def test_train_then_predict(headwork, run: Path, mine: Path, tmp_path: Path):
    text = "Yesterday  Bob saw New York, again.\tיום"
    (tmp_path / "new.txt").write_text(f"{text}\n\n")
    done = headwork("predict", run, tmp_path / "new.txt")
    assert done.returncode == 0, done.stderr
    first, second = [json.loads(line) for line in done.stdout.splitlines()]
    assert first["text"] == text and second == {"text": "", "tokens": [], "entities": []}
    assert [each["label"] for each in first["entities"]] == ["PER", "LOC"]
    assert [text[each["start"] : each["end"]] for each in first["entities"]] == ["Bob", "New York"]
    piped = headwork("predict", run, stdin=f"{text}\n")
    assert json.loads(piped.stdout) == first
    whole = headwork("predict", run, mine)
    assert len(whole.stdout.splitlines()) == 80


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Ada B-PER\nsaw\n", "mine.conll, line 2: 1 columns where the first word has 2"),
        ("Ada B-PER\nsaw I-LOC\n", "mine.conll, line 2: I-LOC behind B-PER"),
        ("Ada B-PER\n\n", "1 sentences with 1 different tags"),
    ],
)
def test_bad_files_are_refused_in_one_line(here, tmp_path: Path, text: str, told: str):
    (tmp_path / "mine.conll").write_text(text)
    done = here("train", "majority", tmp_path / "mine.conll", *TAG, cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == ""
    assert told in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "runs").exists()


def test_options_of_other_tasks_are_refused(here, mine: Path, run: Path):
    for words, told in (
        (("train", "majority", mine, *TAG, "--text-b", "x"), "--text-b: means nothing for the task tag"),
        (("train", "majority", mine, *TAG, "--label", "3"), "--label 3: "),
        (("predict", run, "--text", "a", "--text-b", "b"), "--text-b: the model takes one text"),
        (("draw-attention", run, "--text", "a"), "has no attention to draw"),
    ):
        done = here(*words)
        assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr
