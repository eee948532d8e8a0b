"""The installed command, run as a user runs it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def headwork(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """`headwork(*words, stdin=…, cwd=…)` in a process of its own, offline."""
    home = tmp_path_factory.mktemp("home")

    def run(
        *words: object, stdin: str | None = None, cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        given = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
        return subprocess.run(
            [sys.executable, "-m", "headwork", *map(str, words)],
            capture_output=True,
            text=True,
            timeout=500,
            cwd=cwd or home,
            env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
            check=False,
            **given,
        )

    return run


@pytest.fixture(scope="session")
def things(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A csv of 300 rows in three classes that a bag of words can tell."""
    path = tmp_path_factory.mktemp("things") / "things.csv"
    rows = [
        f'"The {word} thing, number {number}. It was {word} all day.",{kind}'
        for number in range(100)
        for word, kind in (("good", "yes"), ("bad", "no"), ("odd", "maybe"))
    ]
    path.write_text("text,label\n" + "\n".join(rows) + "\n")
    return path
