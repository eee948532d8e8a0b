"""Bad input: one line that begins with `headwork: `, exit code 2, no traceback, nothing half-written."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

BYTES = {
    "empty": (b"", "empty"),
    "header only": (b"text,label\n", "no rows"),
    "one class": (b"text,label\n" + b"".join(b"word%d good,1\n" % i for i in range(50)), "class"),
    "too few rows": (b"text,label\na b,1\nc d,2\n", "rows"),
    "not UTF-8": (b"text,label\n" + b"".join(b"caf\xe9 noir %d,%d\n" % (i, i % 2) for i in range(60)), "UTF-8"),
    "many numbers": (
        b"text,label\n" + b"".join(b"some text %d,%d\n" % (i, i // 2) for i in range(120)),
        "--as-classes",
    ),
}


def refused(done, told: str) -> None:
    assert done.returncode == 2, done.stderr
    lines = done.stderr.strip().splitlines()
    assert lines[-1].startswith("headwork: ")
    assert told.lower() in lines[-1].lower()
    assert "Traceback" not in done.stderr
    assert not done.stdout


@pytest.mark.parametrize("case", BYTES)
def test_bad_files(here, tmp_path: Path, case: str) -> None:
    content, told = BYTES[case]
    source = tmp_path / "data.csv"
    source.write_bytes(content)
    refused(here("compare", source, "--models", "tfidf", "-o", tmp_path / "out"), told)
    assert not (tmp_path / "out").exists()


def test_a_missing_file_and_a_folder(headwork, tmp_path: Path) -> None:
    refused(headwork("compare", tmp_path / "nothing.csv"), "nothing.csv")
    refused(headwork("compare", tmp_path), "folder")


def test_a_pickle_is_never_opened(headwork, tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    source = tmp_path / "data.pkl"
    source.write_bytes(b"cposix\nsystem\n(S'touch " + str(marker).encode() + b"'\ntR.")
    refused(headwork("compare", source), "pickle")
    assert not marker.exists()


def test_a_bomb_is_refused_by_its_cell(headwork, tmp_path: Path) -> None:
    source = tmp_path / "bomb.csv.gz"
    with gzip.open(source, "wb", compresslevel=9) as file:
        file.write(b"text,label\n")
        for _ in range(100):
            file.write(b"a" * 1_000_000)
    refused(headwork("compare", source, "--models", "tfidf"), "--limit cell_characters")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["compare", "DATA", "--text", "txet", "--label", "label"], "txet"),
        (["compare", "DATA", "--models", "hna"], "'han'"),
        (["compare", "DATA", "--models", "han", "--set", "model.heds=8"], "heds"),
        (["train", "han", "DATA", "--set", "model.heds=8"], "heds"),
        (["train", "han", "DATA", "--set", "train.lr=fast"], "train.lr"),
        (["train", "han", "DATA", "--set", "train.epochs=0"], "train.epochs"),
        (["compare", "DATA", "--budget", "soon"], "soon"),
        (["compare", "DATA", "--device", "tpu"], "tpu"),
        (["compare", "DATA", "--limit", "rows=few"], "rows=few"),
        (["compare", "DATA", "--seeds", "0"], "seeds"),
        (["compare", "DATA", "--limit", "rows=10"], "rows"),
        (["compare", "no-such-set"], "no-such-set"),
        (["predict", "no-run", "DATA"], "no-run"),
        (["report", "no-run"], "no-run"),
        (["recipes", "hna"], "hna"),
        (["juggle"], "juggle"),
    ],
)
def test_bad_words(here, things: Path, tmp_path: Path, words: list[str], told: str) -> None:
    refused(here(*(str(things) if word == "DATA" else word for word in words), cwd=tmp_path), told)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written(headwork, things: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused(headwork("train", "tfidf", things, "-o", tmp_path / "file" / "run"), "choose another folder")


def test_a_refusal_does_not_wait_for_an_orderly_end() -> None:
    """A library that aborts while the interpreter ends (planted here) changes neither the line nor the exit code."""
    ending = "import atexit, os; from headwork.cli import main; atexit.register(os.abort); main()"
    refused(
        subprocess.run(
            [sys.executable, "-c", ending, "data", "no-such-set"], capture_output=True, text=True, check=False
        ),
        "no-such-set",
    )
