"""Pictures with captions as pairs: each caption one to learn from, all of a picture its references on the test side."""

import gzip
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headwork.base.errors import HeadworkError
from headwork.data.bitext import Bitext
from headwork.data.captions import prepare_pairs
from headwork.data.picture_text import document_of


def album(folder: Path, counts: dict[str, int]) -> dict[str, np.ndarray]:
    """Zips and captions of each side; two captions of each picture."""
    folder.mkdir(exist_ok=True)
    random, pictures = np.random.default_rng(0), {}
    for side, count in counts.items():
        lines = []
        with zipfile.ZipFile(folder / f"{side}.zip", "w") as archive:
            for number in range(count):
                name = f"{side}{number:02}.png"
                pictures[name] = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
                file = io.BytesIO()
                Image.fromarray(pictures[name]).save(file, format="PNG")
                archive.writestr(name, file.getvalue())
                lines.append(json.dumps({"image": name, "captions": [f"one  {number}", f"other {number}"]}) + "\n")
        content = "".join(lines).encode()
        if side == "train":
            (folder / "train.captions.jsonl.gz").write_bytes(gzip.compress(content))
        else:
            (folder / f"{side}.captions.jsonl").write_bytes(content)
    return pictures


@pytest.mark.row("AT18")
def test_pairs_of_an_album(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HEADWORK_DATA", str(tmp_path))
    pictures = album(tmp_path / "album", {"train": 12, "dev": 2, "test": 3})
    bitext = prepare_pairs("album")
    assert [len(bitext.part(side)) for side in ("train", "dev", "test")] == [24, 4, 3]
    train, test = bitext.part("train"), bitext.part("test")
    assert train.sources[3] == document_of(pictures["train01.png"]) and train.targets[3] == "other 1"
    assert test.references[2] == ["one 2", "other 2"] and test.sources[2] == document_of(pictures["test02.png"])
    assert bitext.facts.picture == (8, 8, 3) and bitext.name == "album"
    bitext.save(tmp_path / "kept")
    assert Bitext.load(tmp_path / "kept").part("test").sources == test.sources
    assert prepare_pairs("album:side=4,channels=1").facts.picture == (4, 4, 1)


def test_what_is_refused(tmp_path) -> None:
    album(tmp_path / "a", {"train": 3, "dev": 2, "test": 2})
    lines = tmp_path / "a" / "dev.captions.jsonl"
    for line, told in (
        ('{"image": "no.png", "captions": ["x"]}', "line 1: 'no.png' is not in"),
        ('{"image": "dev00.png", "captions": [" "]}', "no caption of 'dev00.png'"),
        ('{"image": "dev00.png"}', "line 1: expected"),
        ("[" * 500, "line 1: expected"),
    ):
        lines.write_text(line + "\n")
        with pytest.raises(HeadworkError, match=told) as caught:
            prepare_pairs(tmp_path / "a")
        assert "\n" not in str(caught.value)
    lines.unlink()
    with pytest.raises(HeadworkError, match=r"no dev\.captions\.jsonl"):
        prepare_pairs(tmp_path / "a")
    with pytest.raises(HeadworkError, match="--test"):
        prepare_pairs(tmp_path / "a", test="x")
