"""`--task table` from the command line: train, predict, and bad input in one line."""

import json
from pathlib import Path

import pytest
from tests.tables import medals, write_folder

TASK = ("--task", "table")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("tables") / "own")


@pytest.fixture(scope="module")
def run(here, own: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    done = here("train", "linear", own, *TASK, "-o", folder)
    assert done.returncode == 0, done.stderr
    assert "96 questions" in done.stderr and "24 tables, 5 rows and 3 columns" in done.stderr
    assert "test accuracy 1.000" in done.stdout
    return folder


@pytest.mark.row("BE27")
def test_a_question_about_a_table_is_answered_with_its_program(here, run: Path, own: Path):
    rows = medals(3)[1]
    best = max(rows, key=lambda row: int(row[1]))
    done = here("predict", run, "--table", own / "medals3.csv", "--text", "which nation won the most gold?")
    answer = json.loads(done.stdout)
    assert answer["answer"] == [best[0]] and answer["program"] == "Nation of the row with the largest Gold of all rows"
    assert answer["cells"] == [{"row": rows.index(best) + 1, "column": "Nation", "text": best[0]}]


def test_bad_words_are_one_line_and_leave_nothing(here, own: Path, run: Path, tmp_path: Path, things: Path):
    out = tmp_path / "out"
    (tmp_path / "ragged.csv").write_text("A,B\n1,2\n3\n")
    (tmp_path / "binary.csv").write_bytes(b"\x00\xff")
    for words, told in (
        (("train", "linear", things, *TASK, "-o", out), "expected columns question"),
        (("train", "linear", tmp_path / "none", *TASK, "-o", out), "no such file"),
        (("train", "linear", own, *TASK, "--set", "model.programs=0", "-o", out), "programs is 0"),
        (("train", "tabert", own, *TASK, "--set", "model.recover=-1", "-o", out), "recover are 0 or more"),
        (("train", "linear", own, *TASK, "--label", "answer", "-o", out), "--label: means nothing for the task table"),
        (("predict", run, "--text", "Who?"), "--table: name the file"),
        (("predict", run, "--text", "Who?", "--table", tmp_path / "ragged.csv"), "row 3 has not as many cells"),
        (("predict", run, "--text", "Who?", "--table", tmp_path / "binary.csv"), "binary.csv"),
        (("predict", run, "--text", "Who?", "--table", own), "a folder, not a file"),
        (("predict", run, "--text", "Who?", "--table", own / "medals1.csv", "--beam", "2"), "--beam: means nothing"),
    ):
        done = here(*words)
        assert done.returncode == 2, done.stdout + done.stderr
        assert told in done.stderr.strip().splitlines()[-1] and "Traceback" not in done.stderr
        assert not out.exists()


def test_a_table_means_nothing_for_other_models(here, things: Path, tmp_path: Path):
    done = here("train", "majority", things, "-o", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    done = here("predict", tmp_path / "run", "--text", "a", "--table", things)
    assert done.returncode == 2 and "--table: means nothing for" in done.stderr
