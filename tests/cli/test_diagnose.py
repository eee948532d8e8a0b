"""Diagnosing on the command line."""

import json
from pathlib import Path

import pytest
from tests.exchange.test_extending import written


@pytest.fixture(scope="module")
def desk(here, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk")
    rows = [f"a {word} film {n},{label}" for n in range(30) for word, label in (("great", "pos"), ("awful", "neg"))]
    (folder / "films.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    (folder / "kinds.csv").write_text("text,label\n" + "\n".join(rows).replace("pos", "x").replace("neg", "y") + "\n")
    (folder / "words.conll").write_text("Ada\tP\nran\tO\n\n" * 3 + "".join(f"Bob\tP\n{n}\tO\n\n" for n in range(40)))
    for name, data, *words in (
        ("tfidf", "films.csv", "-o", "films"),
        ("majority", "films.csv", "-o", "guess"),
        ("tfidf", "kinds.csv", "-o", "kinds"),
        ("majority", "words.conll", "--task", "tag", "-o", "words"),
    ):
        assert here("train", name, data, *words, cwd=folder).returncode == 0
    (folder / "bert").mkdir()
    written(folder / "bert", masked=False)
    assert here("import", "bert", "-o", "bare", cwd=folder).returncode == 0
    return folder


@pytest.mark.row("BE20")
def test_runs_are_asked_side_by_side_and_every_item_is_written(here, desk: Path):
    done = here("diagnose", "guess", "films", "-o", "out", cwd=desk)
    assert done.returncode == 0, done.stderr
    assert "| **negation of praise** | films | 50.0%" in done.stdout and "positive is 'pos'" in done.stdout
    lines = [json.loads(line) for line in (desk / "out" / "items.jsonl").read_text().splitlines()]
    first, second = json.loads((desk / "out" / "diagnosis.json").read_text())
    assert len(lines) == sum(suite["items"] for each in (first, second) for suite in each["suites"])
    for suite in second["suites"]:
        own = [line for line in lines if line["run"] == "films" and line["suite"] == suite["suite"]]
        assert suite["sensitivity"]["mean"] == pytest.approx(sum(line["moved"] for line in own) / len(own))
        assert suite["accuracy"]["mean"] == pytest.approx(sum(sum(line["right"]) for line in own) / len(own) / 2)
    alone = here("diagnose", "films", "--json", cwd=desk)
    assert [each["suite"] for each in json.loads(alone.stdout)[0]["suites"]] == [s["suite"] for s in second["suites"]]
    assert "most by words" in here("diagnose", "kinds", "--positive", "x", "--negative", "y", cwd=desk).stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("none",), "none: no run folder"),
        (("kinds",), "which class is positive does not follow from the names 'x', 'y'"),
        (("films", "--positive", "up"), "no class 'up' among"),
        (("words",), "a run of the task tag, for which there are no minimal pairs"),
        (("bare",), "an encoder without a masked head"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(here, desk: Path, words, told: str):
    done = here("diagnose", *words, cwd=desk)
    assert done.returncode == 2 and told in done.stderr and len(done.stderr.splitlines()) == 1 and done.stdout == ""
