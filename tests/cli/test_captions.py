"""Captions of pictures by the command: train, caption a picture, draw where the model looked, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.data.test_captions import album


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("album")
    found = album(folder, {"train": 30, "dev": 4, "test": 6})
    Image.fromarray(np.repeat(np.repeat(found["test00.png"], 3, 0), 3, 1)).save(folder / "larger.png")
    return folder


@pytest.fixture(scope="module")
def run(headwork, pictures, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "c"
    words = ("train", "show-attend-tell", pictures, "--size", "tiny", "--set", "model.grid=4", "--budget", "3s")
    done = headwork(*words, "-o", folder)
    assert done.returncode == 0, done.stderr
    assert "test BLEU" in done.stdout and "tokenized" not in done.stderr
    return folder


@pytest.mark.row("AT18")
def test_a_page_shows_a_map_over_the_picture_for_each_token(run) -> None:
    pairs = json.loads((run / "alignments.json").read_text())["pairs"]
    page = (run / "report.html").read_text()
    assert page.count('<div class="veil" style="--grid:4">') == sum(len(pair["target"]) for pair in pairs[:3])
    assert all(len(row) == 16 and abs(sum(row) - 1) < 0.01 for pair in pairs for row in pair["weights"])
    assert "nrefs:2" in json.loads((run / "result.json").read_text())["signatures"]["bleu"]


@pytest.mark.row("AT18")
def test_a_picture_is_captioned_and_drawn(headwork, run, pictures, tmp_path) -> None:
    done = headwork("predict", run, "--image", pictures / "larger.png", "--beam", "3", "--explain")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert list(answer) == ["caption", "log_probability", "alignment"]
    assert len(answer["alignment"]["source"]) == 16
    for ending in ("png", "svg", "html", "json"):
        file = tmp_path / f"looks.{ending}"
        done = headwork("draw-attention", run, "--image", pictures / "larger.png", "-o", file)
        assert done.returncode == 0 and file.stat().st_size > 500, done.stderr
    maps = json.loads((tmp_path / "looks.json").read_text())["maps"]
    assert maps[-1]["name"] == "⊙" and np.sum(maps[0]["values"]) == pytest.approx(1)


def refused(done, told: str) -> None:
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr and told in done.stderr.strip().splitlines()[-1]


def test_what_is_refused(here, run, pictures, tmp_path) -> None:
    refused(here("predict", run, "--text", "hello"), "--image FILE")
    refused(here("draw-attention", run, "--text", "hello"), "give it one with --image")
    refused(here("predict", run, "--image", pictures / "train.zip"), "not a png or jpg")
    refused(here("train", "bahdanau", pictures, "-o", tmp_path / "b"), "it reads texts, and the data are pictures")
    refused(here("train", "show-attend-tell", pictures, "-o", tmp_path / "g", "--set", "model.grid=3"), "squares")
