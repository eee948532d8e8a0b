"""`--about` from the command line: trained and asked by name, and bad input in one line."""

import json
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("news") / "news.csv"
    rows = [
        f"{one} rose as {two} fell on day {n},{name},{label}"
        for n in range(40)
        for one, two in (("Al", "Bor"),)
        for name, label in ((one, "good"), (two, "bad"))
    ]
    path.write_text("\n".join(["text,entity,label", *rows]) + "\n")
    return path


@pytest.fixture(scope="module")
def run(here, news: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    done = here("train", "tfidf", news, "--about", "entity", "-o", folder)
    assert done.returncode == 0, done.stderr
    assert "about 'entity'" in done.stderr and "test accuracy 1.000" in done.stdout
    return folder


@pytest.mark.row("UL13")
def test_the_answer_is_of_what_is_asked_about(here, run: Path, news: Path):
    text = "Zed rose as Ogg fell today"
    found = [
        json.loads(here("predict", run, "--text", text, "--about", name).stdout) for name in ("Zed", "Ogg", "12,15")
    ]
    assert [(each["about"], each["label"]) for each in found] == [("Zed", "good"), ("Ogg", "bad"), ("Ogg", "bad")]
    assert all(each["text"] == text for each in found)
    of_file = [json.loads(line)["label"] for line in here("predict", run, news).stdout.splitlines()]
    assert of_file == ["good", "bad"] * 40
    of_lines = here("predict", run, stdin=f"{text}\tZed\n{text}\tOgg\n").stdout.splitlines()
    assert [json.loads(line)["label"] for line in of_lines] == ["good", "bad"]


def test_bad_words_are_one_line_and_leave_nothing(here, run: Path, news: Path, tmp_path: Path):
    out, blind = tmp_path / "out", tmp_path / "blind"
    assert here("train", "majority", news, "--label", "label", "-o", blind).returncode == 0
    odd = tmp_path / "odd.csv"
    odd.write_text("text,entity\nAl rose,Al\nBor fell,Zed\n")
    for words, told in (
        (("train", "tfidf", news, "--about", "name", "-o", out), "no column 'name'"),
        (
            ("train", "bag", news, "--task", "multilabel", "--about", "entity", "-o", out),
            "--about: means nothing for the",
        ),
        (("predict", run, "--text", "Al rose", "--about", "Al", "--text-b", "x"), "the model takes one text"),
        (("predict", run, "--text", "Al rose"), "say what with --about"),
        (("predict", run, "--text", "Al rose", "--about", "Zed"), "does not stand in the text"),
        (("predict", run, "--text", "Al rose", "--about", "3,99"), "of a text of 7"),
        (("predict", run, odd), "row 2 of the data: 'Zed' does not stand in the text"),
        (("predict", blind, "--text", "Al rose", "--about", "Al"), "answers for a text as a whole"),
    ):
        done = here(*words)
        assert done.returncode == 2, done.stdout + done.stderr
        assert told in done.stderr.strip().splitlines()[-1] and "Traceback" not in done.stderr
        assert not out.exists()
    done = here("predict", run, stdin="Al rose\n")
    assert done.returncode == 2 and "line 1: no tab" in done.stderr
