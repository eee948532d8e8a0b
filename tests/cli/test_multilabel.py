"""`--task multilabel` from the command line: train, predict, compare, and bad input in one line."""

import json
from pathlib import Path

import pytest

TASK = ("--task", "multilabel")


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("labels") / "rows.csv"
    kinds = [("glad", "1,0"), ("afraid", "0,1"), ("glad but afraid", "1,1"), ("here", "0,0")]
    lines = [f"I was {word} on day {n},{flags}" for n in range(30) for word, flags in kinds]
    path.write_text("\n".join(["text,joy,fear", *lines]) + "\n")
    return path


@pytest.fixture(scope="module")
def run(headwork, rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    done = headwork("train", "tfidf", rows, *TASK, "--labels", "joy,fear", "-o", folder)
    assert done.returncode == 0, done.stderr
    assert "2 labels, 1.00 a row: fear 60, joy 60" in done.stderr
    assert "test macro-F1 1.000" in done.stdout and "mean AUC 1.000" in done.stdout
    return folder


@pytest.mark.row("BE12")
def test_labels_over_their_thresholds_and_all_probabilities(headwork, run: Path, rows: Path):
    done = headwork("predict", run, "--text", "I was glad but afraid today")
    answer = json.loads(done.stdout)
    assert answer["labels"] == ["fear", "joy"] and list(answer["probabilities"]) == ["fear", "joy"]
    found = [json.loads(line) for line in headwork("predict", run, rows).stdout.splitlines()]
    assert [each["labels"] for each in found[:4]] == [["joy"], ["fear"], ["fear", "joy"], []]


def test_data_and_recipes_know_labels(headwork, rows: Path):
    shown = headwork("data", rows, *TASK)
    assert shown.returncode == 0, shown.stderr
    assert "guessed that 'joy', 'fear' are the labels, of 0 and 1" in shown.stderr
    assert {line.split("\t")[0] for line in shown.stdout.splitlines()} <= {"joy", "fear", "fear, joy", "(none)"}
    assert "multilabel:" in headwork("recipes").stdout


def test_bad_words_are_one_line_and_leave_nothing(here, rows: Path, run: Path, things: Path, tmp_path: Path):
    out = tmp_path / "out"
    for words, told in (
        (("train", "tfidf", rows, *TASK, "--labels", "joy,hope", "-o", out), "no column 'hope'"),
        (("train", "tfidf", things, "--labels", "label", "-o", out), "--labels: means nothing for the task classify"),
        (("train", "bag", rows, *TASK, "--set", "train.focal=-1", "-o", out), "train.focal is -1.0, out of range"),
        (("predict", run, "--text", "a", "--explain"), "--explain: means nothing"),
    ):
        done = here(*words)
        assert done.returncode == 2, done.stdout + done.stderr
        assert told in done.stderr.strip().splitlines()[-1] and "Traceback" not in done.stderr
        assert not out.exists()
