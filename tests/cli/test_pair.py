"""Pairs of texts on the command line."""

import json
from pathlib import Path

import pytest

PAIR = ("--task", "pair")


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Premises and hypotheses in three classes; one word tells."""
    path = tmp_path_factory.mktemp("claims") / "claims.csv"
    words = (("sleeps", "yes"), ("runs", "no"), ("dreams", "maybe"))
    rows = [
        f"A dog sleeps in house {n}.,An animal {word} in house {n}.,{label}" for n in range(40) for word, label in words
    ]
    path.write_text("premise,hypothesis,label\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture(scope="module")
def run(headwork, claims: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "p"
    done = headwork("train", "decomposable", claims, *PAIR, "--size", "tiny", "--budget", "2s", "-o", out)
    assert done.returncode == 0, done.stderr
    assert "text 'premise', second text 'hypothesis', label 'label'" in done.stderr
    assert "guessed columns" in done.stderr and "3 classes" in done.stderr
    assert "test accuracy" in done.stdout and "macro-F1" in done.stdout
    return out


def test_train_then_predict_pairs(headwork, run: Path, claims: Path):
    done = headwork("predict", run, claims)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == 120
    assert answers[0].keys() == {"first", "second", "label", "probabilities"}
    assert answers[1]["second"] == "An animal runs in house 0."
    words = ("--text", "A dog sleeps.", "--text-b", "An animal runs.", "--explain")
    (answer,) = [json.loads(line) for line in headwork("predict", run, *words).stdout.splitlines()]
    attention = answer["attention"]
    assert len(attention["of_first"]) == len(attention["first"])
    assert all(len(row) == len(attention["first"]) for row in attention["of_second"])
    piped = headwork("predict", run, stdin="A dog sleeps.\tAn animal runs.\n")
    assert json.loads(piped.stdout)["label"] == answer["label"]


def test_both_maps_are_drawn(headwork, run: Path, tmp_path: Path):
    words = ("--text", "A dog sleeps.", "--text-b", "An animal runs.")
    drawn = headwork("draw-attention", run, *words)
    assert drawn.returncode == 0, drawn.stderr
    assert "the first text over the second" in drawn.stdout and "the second text over the first" in drawn.stdout


def test_the_same_command_does_nothing_on_a_finished_run(headwork, run: Path, claims: Path):
    done = headwork("train", "decomposable", claims, *PAIR, "--size", "tiny", "--budget", "2s", "-o", run)
    assert done.returncode == 0 and "nothing to do" in done.stderr


def test_data_and_recipes_know_pairs(headwork, claims: Path):
    shown = headwork("data", claims, *PAIR)
    assert shown.returncode == 0, shown.stderr
    assert len(shown.stdout.splitlines()[0].split("\t")) == 3
    listed = headwork("recipes").stdout
    assert "pair:" in listed and "Decomposable attention" in listed
    assert "model.features = 'overlap'" in headwork("recipes", "overlap").stdout


BAD = {
    "one text column": ("text,label\na dog,yes\na cat,no\n", "a pair has two texts"),
    "an empty side": (
        "text_a,text_b,label\na dog,a cat,yes\na dog,,no\n",
        "row 2 of the data: the second text is empty",
    ),
    "no target": ("text_a,text_b,label\na dog,a cat,yes\na dog,a cow,\n", "row 2 of the data: the target is empty"),
    "one value": ("text_a,text_b,label\n" + "".join(f"a {n},b {n},yes\n" for n in range(30)), "one class only"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_pairs_are_one_line_and_leave_nothing(here, tmp_path: Path, case: str):
    content, told = BAD[case]
    source = tmp_path / "pairs.csv"
    source.write_text(content)
    done = here("train", "overlap", source, "-o", tmp_path / "out")
    assert done.returncode == 2, done.stdout + done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("headwork: ") and told in last
    assert "Traceback" not in done.stderr and not (tmp_path / "out").exists()


def test_words_that_mean_nothing_are_refused(here, run: Path, things: Path, claims: Path, tmp_path: Path):
    for words, told in (
        (("predict", run, "--text", "one text"), "give both"),
        (("train", "tfidf", things, "--text-b", "label", "-o", tmp_path / "t"), "--text-b: means nothing for the task"),
        (("plan", "decomposable"), "a model of the task pair"),
        (("heads", run, claims), "a run of the task pair"),
    ):
        done = here(*words)
        assert done.returncode == 2, done.stdout + done.stderr
        assert told in done.stderr and "Traceback" not in done.stderr
