"""Word senses on the command line."""

import json
from pathlib import Path

import pytest
from tests.ducks import write_ducks

TASK = ("--task", "disambiguate")


@pytest.fixture(scope="module")
def run(here, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ducks")
    done = here("train", "context", write_ducks(folder / "duck.csv"), *TASK, "-o", folder / "run")
    assert done.returncode == 0, done.stderr
    assert "3 classes: duck: bird 14, duck: cloth 14, duck: lower 14" in done.stderr
    assert "the word that is meant stands in square brackets in 'text'" in done.stderr
    assert "test accuracy" in done.stdout and "macro-F1" in done.stdout
    assert (folder / "run" / "report.html").is_file()
    return folder / "run"


@pytest.mark.row("BE15")
def test_train_then_predict(here, run: Path, tmp_path: Path):
    one = here("predict", run, "--text", "The [duck] swam away.")
    assert one.returncode == 0, one.stderr
    answer = json.loads(one.stdout)
    assert answer["text"] == "The duck swam away." and answer["word"] == "duck"
    assert answer["scores"].keys() == {"bird", "cloth", "lower"}
    piped = here("predict", run, stdin="The [duck] swam away.\n")
    assert json.loads(piped.stdout) == answer
    whole = here("predict", run, run.parent / "duck.csv")
    assert len(whole.stdout.splitlines()) == 42


def test_what_cannot_be_answered_is_said_in_one_line(here, run: Path, tmp_path: Path):
    (tmp_path / "new.csv").write_text("text\nthe [duck] swam\nthe [goose] swam\n")
    (tmp_path / "bare.csv").write_text("text\nthe [duck] swam\nthe duck swam\n")
    for words, told in (
        (
            ("--text", "The [goose] swam."),
            "row 1: 'goose': no sense of this word was learnt; those that were are of duck",
        ),
        (("--text", "The duck swam."), "--text: no word is marked in 'The duck swam.'"),
        (("--text", "A [duck] is a [duck]."), "--text: 2 words are marked"),
        ((tmp_path / "new.csv",), "row 2: 'goose': no sense"),
        ((tmp_path / "bare.csv",), "bare.csv, row 2: no word is marked"),
        (("--text", "a [duck]", "--text-b", "b"), "--text-b: the model takes one text"),
        (("--text", "a [duck]", "--explain"), "--explain: means nothing"),
    ):
        done = here("predict", run, *words)
        assert done.returncode == 2 and done.stdout == "", words
        assert told in done.stderr and len(done.stderr.splitlines()) == 1


ROWS = "\n".join(f"the duck {n} swam,duck,1,{('bird', 'cloth')[n % 2]}" for n in range(30))


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        (f"text,word,index,sense\n{ROWS}\na duck,duck,2,bird\n", (), "row 31 of the data: index '2', but the words of"),
        (
            f"text,word,index,sense\n{ROWS}\na duck,duck,0,bird\n",
            (),
            "row 31 of the data: at index 0 stands 'a', not 'du",
        ),
        (f"text,word,index,sense\n{ROWS}\n", ("--index", "place"), "no column 'place' among"),
        ("text,sense\nthe duck swam,bird\n", (), "row 1 of the data: no word is marked in 'the duck swam'"),
        ("text,sense\nthe [duck] swam,bird\n", (), "0 usable rows (dropped: 1 class too small"),
        ("", (), "empty"),
        ("\x00\x01\x02", (), "bad.csv"),
        ("text\nthe [duck] swam\n", (), "no column looks like a label"),
    ],
)
def test_bad_tables_are_refused_in_one_line(here, tmp_path: Path, text: str, options: tuple[str, ...], told: str):
    (tmp_path / "bad.csv").write_text(text)
    done = here("train", "context", tmp_path / "bad.csv", *TASK, *options, cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == ""
    assert told in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "runs").exists()


def test_a_map_of_a_word_is_drawn_only_where_there_is_one(here, run: Path, things: Path):
    done = here("report", run, "--word", "duck")
    assert done.returncode == 2 and "--word duck: no map of this word; there are those of none" in done.stderr
    for words, told in (
        (("train", "context", things, *TASK), "no word is marked"),
        (("train", "context", "stdlib", *TASK), "stdlib: no word is marked in its texts"),
        (("train", "majority", things, "--word", "text"), "--word: means nothing for the task classify"),
    ):
        done = here(*words)
        assert done.returncode == 2 and told in done.stderr and len(done.stderr.splitlines()) == 1
