"""Language models of pictures by the command: compare, complete a picture, and what is refused."""

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

MODELS = "image-transformer-1d,image-transformer-2d,lstm"


@pytest.fixture(scope="module")
def stripes(tmp_path_factory) -> Path:
    """Pictures of 8 by 8, each of two colours in stripes."""
    random, folder = np.random.default_rng(0), tmp_path_factory.mktemp("stripes")
    values = np.where(np.arange(8) % 4 < 2, 30, 220).astype(np.uint8) + random.integers(0, 9, (150, 1, 1), np.uint8)
    upright = np.broadcast_to(values, (150, 8, 8)).copy()
    upright[::2] = upright[::2].transpose(0, 2, 1)
    np.savez(folder / "stripes.npz", x_train=upright[:120], x_test=upright[120:])
    return folder / "stripes.npz"


@pytest.fixture(scope="module")
def compared(headwork, stripes, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("compared") / "c"
    words = ("compare", stripes, "--task", "language", "--models", MODELS, "--seeds", "1", "--size", "tiny")
    done = headwork(*words, "--budget", "3s", "-o", folder)
    assert done.returncode == 0, done.stderr
    assert "bits/dimension" in done.stdout and "bits per dimension" in done.stdout
    return folder


@pytest.mark.row("LC10")
def test_a_page_shows_completions_beside_the_originals(compared, stripes) -> None:
    result = json.loads((compared / "result.json").read_text())
    assert len(result["models"]) == 3 and result["data"]["picture"] == [8, 8, 1]
    assert all(model["scores"]["bits_per_character"]["mean"] < 8 for model in result["models"])
    page = (compared / "report.html").read_text()
    assert "Bits per dimension with their 95% interval" in page and "character" not in page.split("<main>")[1]
    found = re.findall(r'<img src="data:image/png;base64,([^"]+)" alt="([^"]+)"', page)
    assert [name for _, name in found[:4]] == ["original", *(f"completed by {model}" for model in ranked(result))]
    given = [np.asarray(Image.open(io.BytesIO(base64.b64decode(file)))) for file, _ in found]
    test = np.load(stripes)["x_test"]
    for first in range(0, len(given), 4):
        assert any((given[first] == one).all() for one in test)
        assert all((drawn[:4] == given[first][:4]).all() for drawn in given[first : first + 4])
    assert "bits/dimension" in (compared / "report.md").read_text()


def ranked(result: dict) -> list[str]:
    bits = {model["name"]: model["scores"]["bits_per_character"]["mean"] for model in result["models"]}
    return sorted(bits, key=bits.__getitem__)


@pytest.mark.row("LC10")
def test_a_picture_is_completed(headwork, compared, stripes, tmp_path) -> None:
    given = np.load(stripes)["x_test"][0]
    Image.fromarray(given).save(tmp_path / "given.png")
    run = compared / "trials" / "image-transformer-2d-0"
    words = ("generate", run, "--image", tmp_path / "given.png", "--rows", "3", "-o", tmp_path / "out.png", "--seed")
    drawn = []
    for seed in (1, 1, 2):
        done = headwork(*words, seed)
        assert done.returncode == 0, done.stderr
        drawn.append(np.asarray(Image.open(tmp_path / "out.png")))
    assert drawn[0].shape == (8, 8) and (drawn[0][:3] == given[:3]).all()
    assert (drawn[0] == drawn[1]).all() and (drawn[0] != drawn[2]).any()


def refused(done, told: str) -> None:
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr and told in done.stderr.strip().splitlines()[-1]


def test_what_is_refused(here, compared, stripes, tmp_path) -> None:
    run = compared / "trials" / "lstm-0"
    refused(here("generate", run, "--prompt", "x"), "--image FILE")
    refused(here("generate", run, "--image", tmp_path / "no.png"), "no.png: no such file")
    refused(here("train", "image-transformer-1d", "stdlib", "--size", "tiny", "-o", tmp_path / "r"), "whole pictures")
    refused(here("train", "lstm", f"{stripes}:side=2,x=1", "--task", "language"), "'x=1' is no setting")
    refused(here("predict", run, "--text", "hello"), "--image")
