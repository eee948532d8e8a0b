"""What all tests share: real data where it is at hand, the pretrained encoder where it is installed, no network."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("headwork", deadline=None)  # how long one example takes says more of the machine than of us
settings.load_profile("headwork")

BROWSER = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets."""
    folder = os.environ.get("HEADWORK_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("HEADWORK_DATA names no folder of real data sets")
    return Path(folder)


@pytest.fixture(scope="session")
def minilm_folder() -> Path:
    """The folder of the pretrained encoder all-MiniLM-L6-v2."""
    from headwork.base.errors import HeadworkError
    from headwork.data.weights import find_encoder

    try:
        return find_encoder("minilm", offline=True)
    except HeadworkError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def transformers():
    """The library, told to be quiet."""
    module = pytest.importorskip("transformers", reason="transformers is not installed")
    module.logging.set_verbosity_error()
    module.logging.disable_progress_bar()
    return module


@pytest.fixture(scope="session")
def rouge_scorer():
    """What Google's package scores summaries with."""
    return pytest.importorskip("rouge_score.rouge_scorer", reason="rouge-score is not installed")


@pytest.fixture(scope="session")
def published(transformers, tmp_path_factory) -> Callable:
    """A random model of transformers, by its family and the end of its class name, in a folder (tests.published)."""
    from tests.published import write_random

    made = {}

    def make(family: str, purpose: str):
        if (family, purpose) not in made:
            folder = tmp_path_factory.mktemp(family + purpose)
            made[family, purpose] = write_random(transformers, family, purpose, folder)
        return made[family, purpose]

    return make


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """The system's Chromium, which is given no network of its own."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=BROWSER)
        yield opened
        opened.close()


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this machine answers: a connection to any other is a failure of the test."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "localhost", "::1"):
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)
