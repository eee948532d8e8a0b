"""Parsing logs on the command line."""

import json
from pathlib import Path

import pytest

TASK = ("--task", "parse-log")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mine") / "mine.csv"
    lines = [f"Dec {n},host{n % 3},user {n} in,user <*> in\n" for n in range(60)]
    path.write_text("Date,Host,Content,EventTemplate\n" + "".join(lines))
    return path


@pytest.mark.row("BE18")
def test_train_then_predict(headwork, table: Path, tmp_path: Path):
    form = ("--format", "<Date> (at <Host>) | <Content>")
    done = headwork("train", "templates", table, *TASK, *form, "-o", tmp_path / "log", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert "note: lines are put together as <Date> (at <Host>) | <Content>" in done.stderr
    assert "test F1 of fields 1.000, whole lines 100.0%; degraded 0." in done.stdout
    (tmp_path / "raw.log").write_text("Jan 5 (at h-9) | user x y in\nJan 5 (at h-9) | who?\n")
    done = headwork("predict", tmp_path / "log", tmp_path / "raw.log")
    assert done.returncode == 0, done.stderr
    first, second = [json.loads(line) for line in done.stdout.splitlines()]
    assert first["fields"] == {"Date": "Jan 5", "Host": "h-9", "value": ["x y"]} and first["template"] == "user <*> in"
    assert second["fields"] == {"Date": "Jan 5", "Host": "h-9"} and second["template"] == "who?"


@pytest.mark.parametrize(
    ("name", "content", "words", "told"),
    [
        ("a.csv", b"", (), "a.csv"),
        ("a.csv", b"\0\1\2\xff", (), "a.csv"),
        ("a.csv", b"Content,EventTemplate\n", (), "no rows"),
        ("a.csv", b"Time,Level,Content,EventTemplate\n1,a,b,b\n", (), "1 lines with"),
        ("a.csv", b"Time,Level,Content\n1,a,b\n", (), "no column 'EventTemplate'"),
        ("a.csv", b"Time,Content,EventTemplate\n1,b,b\n", (), "say how a line is put together"),
        ("a.csv", b"Time,Content,EventTemplate\n1,b,b\n", ("--format", "<Time>"), "<Content> as the last one"),
        ("a.jsonl", b'{"text": "a"}\n', (), "line 1: no spans"),
        ("a.jsonl", b'{"text": "a", "spans": []}\n' * 30, (), "30 lines with 1 different tags"),
        ("a.jsonl", b'{"text": "a", "spans": []}\n', ("--format", "<A> <Content>"), "none is put together"),
        ("a.csv", b"Time,Level,Content,EventTemplate\n1,a,b,b\n", ("--label", "x"), "--label: means nothing"),
        ("a.log", b"a line\n", (), "files ending in '.log' are not read"),
        ("a.csv", b"Time,Level,Content,EventTemplate\n1,a,b,b\n", ("--dev", "none.csv"), "none.csv"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_one_line(here, tmp_path: Path, name, content, words, told):
    (tmp_path / name).write_bytes(content)
    done = here("train", "templates", name, *TASK, *words, cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == "" and "Traceback" not in done.stderr
    assert told in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "runs").exists()


def test_options_of_logs_are_refused_elsewhere(here, table: Path):
    done = here("train", "features", table, "--task", "tag", "--rows", "5")
    assert done.returncode == 2 and "--rows: means nothing for the task tag" in done.stderr
