"""`headwork draw-attention` and `headwork trace`: what they write and what they refuse.

The command runs in this process, except where a process of its own is the point: starting one takes seconds.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from headwork import cli


class Done(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """`command(*words)` as the installed command runs them."""

    def run(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["headwork", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            cli.run()
        return Done(int(left.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def trained(headwork, things: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("drawn") / "transformer"
    done = headwork("train", "transformer", things, "--size", "tiny", "--set", "train.epochs=1", "-o", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.row("AT36")
def test_it_draws_in_the_format_of_the_ending(command, trained: Path, tmp_path: Path) -> None:
    begins = {".svg": b"<?xml", ".png": b"\x89PNG", ".html": b"<!doctype html>", ".txt": b"transformer: attention"}
    for ending, first in begins.items():
        out = tmp_path / "maps" / f"map{ending}"
        done = command("draw-attention", trained, "--text", "A <script> thing.", "--head", "all", "-o", out)
        assert done == (0, f"{out}\n", "")
        assert out.read_bytes().startswith(first)
    command("draw-attention", trained, "--text", "A good thing.", "--layer", 1, "-o", tmp_path / "map.json")
    (one,) = json.loads((tmp_path / "map.json").read_text())["maps"]
    assert np.sum(one["values"], axis=1) == pytest.approx(np.ones(len(one["rows"])))


def test_without_a_file_it_writes_on_the_terminal(headwork, trained: Path) -> None:
    done = headwork("draw-attention", trained, "--text", "A good thing.", "--head", 2)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("transformer: attention in layer 2 of 2, head 2 of 2\n")
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-o", "map.pdf"], "map.pdf"),
        (["--layer", "7"], "--layer 7"),
        (["--head", "9"], "--head 9"),
        (["--head", "first"], "--head first"),
        (["--text", ""], "--text"),
    ],
    ids=str,
)
def test_bad_words_are_one_line(
    command, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    text = [] if "--text" in words else ["--text", "A good thing."]
    done = command("draw-attention", trained, *text, *words)
    assert done.code == 2
    assert done.err.startswith("headwork: ") and told in done.err and done.err.count("\n") == 1
    assert not done.out and not list(tmp_path.iterdir())


@pytest.mark.row("AT29")
def test_trace_prints_the_walk_through(headwork) -> None:
    done = headwork("trace")
    assert done.returncode == 0, done.stderr
    assert "   x1   2   4   4\n" in done.stdout
    assert "   x1  1.937  6.683  1.595\n" in done.stdout
    assert "\x1b" not in done.stdout


def test_trace_takes_every_axis(command) -> None:
    axes = ["--score", "additive", "--scope", "window:2", "--scope", "causal", "--normaliser", "entmax:1.3"]
    done = command("trace", "transformer", "--text", "one two three", *axes, "--position", "alibi")
    assert done.code == 0, done.err
    assert done.out.startswith(
        "transformer: score additive, scope window:2 and causal, normaliser entmax:1.3, position alibi\n"
    )
    assert "top-k" in command("trace", "--list").out


@pytest.mark.parametrize(
    ("words", "told"), [(["transfomer"], "transfomer"), (["--scope", "window"], "window:2"), (["--score", "x"], "'x'")]
)
def test_trace_refuses_in_one_line(command, words: list[str], told: str) -> None:
    done = command("trace", *words)
    assert done.code == 2
    assert done.err.startswith("headwork: ") and told in done.err and done.err.count("\n") == 1
