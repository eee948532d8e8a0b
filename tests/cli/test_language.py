"""Language models by the command: train, compare, generate, and what is refused."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

LINE = "In winter the {0} sleeps, in summer the {0} sings; who asks the {0} why?\n"


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("book") / "book.txt"
    path.write_text("".join(LINE.format(word) for word in ("bear", "fox", "hare", "owl", "deer") for _ in range(60)))
    return path


@pytest.fixture(scope="module")
def run(headwork, book, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "xl"
    done = headwork("train", "transformer-xl", book, "--size", "tiny", "--budget", "4s", "-o", folder)
    assert done.returncode == 0, done.stderr
    assert "bits per character" in done.stdout
    return folder


def test_the_same_seed_writes_the_same_text(headwork, run) -> None:
    words = ("generate", run, "--prompt", "In winter", "--tokens", "40", "--top-k", "5", "--seed")
    one, two, other = (headwork(*words, seed) for seed in (3, 3, 4))
    assert one.returncode == 0, one.stderr
    assert one.stdout == two.stdout != other.stdout
    assert one.stdout.startswith("In winter") and len(one.stdout) == len("In winter") + 40 + 1


def test_a_finished_run_is_not_trained_again(headwork, run, book) -> None:
    again = headwork("train", "transformer-xl", book, "--size", "tiny", "--budget", "4s", "-o", run)
    assert again.returncode == 0 and "nothing to do" in again.stderr


def test_the_page_of_a_run(run) -> None:
    page = (run / "report.html").read_text()
    assert "What longer segments give and cost" in page and "nats a token" in page
    result = json.loads((run / "result.json").read_text())
    assert result["task"] == "language" and result["tokens"]["unknown"] == 0
    lengths = result["lengths"]
    assert [point["length"] for point in lengths] == [16, 32]
    assert all(point["seconds"] > 0 and point["bytes"] > 0 for point in lengths)


@pytest.mark.row("LC12")
def test_a_comparison_ranks_by_bits_and_shows_cost_by_length(headwork, book, tmp_path) -> None:
    words = ("compare", book, "--task", "language", "--models", "ngram,transformer", "--size", "tiny", "--seeds", "2")
    done = headwork(*words, "--budget", "3s", "--set", "model.context=64", "-o", tmp_path / "c")
    assert done.returncode == 0, done.stderr
    assert "bits/character" in done.stdout and "verdict: ngram" in done.stdout
    result = json.loads((tmp_path / "c" / "result.json").read_text())
    by_name = {model["name"]: model for model in result["models"]}
    assert result["best"] == "ngram" and by_name["ngram"]["seeds"] == [0]
    gap = by_name["transformer"]["against_best"]
    assert gap["low"] > 0 and gap["low"] <= gap["difference"] <= gap["high"]
    points = by_name["transformer"]["lengths"]
    assert [point["length"] for point in points] == [16, 32, 64]
    assert points[-1]["bytes"] > points[0]["bytes"]
    assert 0.3 < by_name["transformer"]["slopes"]["bytes"] < 2.5
    page = (tmp_path / "c" / "report.html").read_text()
    HTMLParser().feed(page)
    for told in ("Bits per character with their 95% interval", "slope of memory", "What they write"):
        assert told in page
    assert "bits/character" in (tmp_path / "c" / "report.md").read_text()


def refused(done, told: str) -> None:
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr and told in done.stderr.strip().splitlines()[-1]


def test_what_is_refused(here, run, book, tmp_path) -> None:
    refused(here("generate", run, "--prompt", "naïve Ω"), "'ï', 'v', 'Ω'")
    refused(here("generate", run, "--top-p", "0"), "top-p")
    refused(here("generate", tmp_path), "no run folder")
    binary = tmp_path / "binary.txt"
    binary.write_bytes(b"\x00\x01" * 500)
    refused(here("train", "transformer", binary, "--task", "language"), "binary")
    short = tmp_path / "short.txt"
    short.write_text("too short a text\n" * 300)
    words = ("train", "transformer-xl", short, "--set", "model.context=4000", "-o", tmp_path / "r")
    refused(here(*words), "too few for one segment of 4000")
    refused(here("compare", book, "--task", "language", "--curve", "-o", tmp_path / "c"), "--curve")
    refused(here("train", "transformer-xl", book, "--label", "x"), "--label")
    refused(here("train", "transformer-xl", book, "--set", "model.absolute=learned"), "relative places")
