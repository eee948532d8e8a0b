"""Summaries on the command line."""

import gzip
import json
from pathlib import Path

import pytest

TASK = ("--task", "summarize")


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("docs") / "docs.jsonl"
    lines = [
        json.dumps({"id": n, "source": [f"The cat {n} sat.", "It rained.", "So it was."], "target": [f"Cat {n} sat."]})
        for n in range(40)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def run(here, docs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "s"
    done = here("train", "lead", docs, *TASK, "-o", out)
    assert done.returncode == 0, done.stderr
    assert "40 documents; from 'source', into 'target'" in done.stderr
    assert "test ROUGE-L 0." in done.stdout and ", 1 sentences" in done.stdout
    assert (out / "report.html").is_file() and "ROUGE-L" in (out / "model" / "README.md").read_text()
    return out


@pytest.mark.row("BE17")
def test_train_then_predict(here, run: Path, docs: Path, tmp_path: Path):
    text = "First things first.  Then\tthe rest. The end."
    done = here("predict", run, "--text", text, "--sentences", 2)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer == {
        "text": text,
        "summary": "First things first. Then\tthe rest.",
        "sentences": [
            {"index": 0, "score": 1.0, "text": "First things first."},
            {"index": 1, "score": 0.5, "text": "Then\tthe rest."},
        ],
    }
    packed = tmp_path / "docs.jsonl.gz"
    packed.write_bytes(gzip.compress(docs.read_bytes()))
    done = here("predict", run, packed)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == 40 and found[7]["summary"] == "The cat 7 sat."


def test_bad_input_is_refused_in_one_line(here, run: Path, docs: Path, tmp_path: Path):
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "few.csv").write_text("document,summary\na b,c\n")
    (tmp_path / "binary.jsonl").write_bytes(bytes(range(128, 256)))
    (tmp_path / "plain.txt").write_text("text")
    (tmp_path / "zeros.txt").write_bytes(b"a\0b")
    for words, told in (
        (("train", "lead", tmp_path / "empty.jsonl"), "the file is empty"),
        (("train", "lead", tmp_path / "few.csv"), "one summary only"),
        (("train", "lead", tmp_path / "binary.jsonl"), "is not UTF-8"),
        (("train", "lead", tmp_path / "plain.txt"), "files ending in '.txt' are not read"),
        (("train", "lead", "stdlib"), "its texts have no summaries"),
        (("train", "lead", docs, "--label", "summary"), "no column 'summary'"),
        (("train", "lead", docs, "--text-b", "x"), "--text-b: means nothing for the task summarize"),
        (("train", "lead", docs, "--test", tmp_path / "none.jsonl"), "no such file"),
        (("train", "bertsum", docs, "--set", "model.long=windows"), "long is 'windows'"),
    ):
        done = here(*words, *TASK, cwd=tmp_path)
        assert done.returncode == 2 and told in done.stderr, (words, done.stderr)
        assert len(done.stderr.splitlines()) == 1 and not (tmp_path / "runs").exists()
    for words, told in (
        (("predict", run, "--text", "a", "--text-b", "b"), "--text-b: the model takes one text"),
        (("predict", run, "--text", "a", "--beam", 3), "--beam: lead chooses sentences"),
        (("predict", run, tmp_path / "zeros.txt"), "binary file"),
        (("predict", run, docs, "--column", "x"), "no column 'x'"),
        (("draw-attention", run, "--text", "a"), "has no attention to draw"),
    ):
        done = here(*words)
        assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr, (words, done.stderr)


def test_a_data_set_is_shown(here, docs: Path):
    done = here("data", docs, *TASK)
    assert done.returncode == 0, done.stderr
    assert "40 documents" in done.stderr and done.stdout.splitlines()[0].startswith("Cat ")
