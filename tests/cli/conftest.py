"""The installed command, run as a user runs it, or in this process where it is refused."""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from headwork import cli

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
def here(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """As `headwork`, in this process: for what is refused, of which there is so much that starting takes long."""
    home = tmp_path_factory.mktemp("home")

    def run(
        *words: object, stdin: str = "", cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        given, said, told = (
            io.TextIOWrapper(io.BytesIO(text), encoding="utf-8") for text in (stdin.encode(), b"", b"")
        )
        code: int | str | None = 0
        with (
            mock.patch.object(sys, "argv", ["headwork", *map(str, words)]),
            mock.patch.object(sys, "stdin", given),
            mock.patch.dict(os.environ, environment),
            contextlib.chdir(cwd or home),
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(told),
        ):
            try:
                cli.run()
            except SystemExit as end:
                code = end.code
        texts = []
        for stream in (said, told):
            stream.flush()
            texts.append(stream.buffer.getvalue().decode())
        return subprocess.CompletedProcess(list(map(str, words)), int(code or 0), *texts)

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
