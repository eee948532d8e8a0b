"""Pictures as numbers: to the bit what the image processors of transformers that use Pillow make of them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.data.pictures import each_picture
from headwork.data.pixels import Pixels
from headwork.data.published_pixels import as_open_clip, as_published, read_open_clip, read_pixels

SIZES = ((30, 40), (41, 29), (7, 5), (1, 9), (64, 64))
"""rows and columns of pictures"""
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "CLIP": ("CLIP", {"size": {"shortest_edge": 24}, "crop_size": {"height": 24, "width": 24}}),
    "CLIP as it is": ("CLIP", {}),
    "a cut beyond the picture": ("CLIP", {"size": {"shortest_edge": 20}, "crop_size": {"height": 25, "width": 18}}),
    "no cut": ("CLIP", {"size": {"height": 21, "width": 13}, "do_center_crop": False}),
    "ViT": ("ViT", {"size": {"height": 20, "width": 31}}),
    "ViT as it is": ("ViT", {}),
    "Lanczos, other colours": ("ViT", {"resample": 1, "image_mean": [0.1, 0.2, 0.3], "image_std": [0.9, 0.8, 0.7]}),
    "neither resized nor scaled": ("ViT", {"do_resize": False, "do_rescale": False}),
    "another scale": ("ViT", {"rescale_factor": 1 / 127.5, "size": {"height": 9, "width": 9}}),
    "not centred": ("ViT", {"do_normalize": False, "size": {"height": 9, "width": 9}, "resample": 0}),
}


def picture(rows: int, columns: int) -> Image.Image:
    random = np.random.default_rng(rows)
    return Image.fromarray(random.integers(0, 256, (rows, columns, 3), dtype=np.uint8))


@pytest.fixture(scope="module")
def processors(transformers) -> dict[str, type]:
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
    from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

    return {"CLIP": CLIPImageProcessorPil, "ViT": ViTImageProcessorPil}


@pytest.mark.parametrize("name", CASES)
def test_the_numbers_are_those_of_transformers(name: str, processors, tmp_path: Path):
    family, told = CASES[name]
    theirs = processors[family](**told)
    theirs.save_pretrained(tmp_path)
    ours = read_pixels(tmp_path, family)
    for size in SIZES:
        expected = theirs(images=picture(*size), return_tensors="np")["pixel_values"][0]
        found = ours.of(picture(*size), "here")
        assert found.dtype == expected.dtype == np.float32
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", CASES)
def test_what_is_written_is_read_by_both(name: str, processors, tmp_path: Path):
    family, told = CASES[name]
    processors[family](**told).save_pretrained(tmp_path)
    ours = read_pixels(tmp_path, family)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(as_published(ours, family)))
    assert read_pixels(tmp_path, family) == ours
    theirs = processors[family].from_pretrained(tmp_path)
    expected = theirs(images=picture(30, 40), return_tensors="np")["pixel_values"][0]
    np.testing.assert_array_equal(ours.of(picture(30, 40), "here"), expected)


def test_files_as_they_were_before_sizes_had_names(tmp_path: Path):
    path = tmp_path / "preprocessor_config.json"
    path.write_text('{"feature_extractor_type": "CLIPFeatureExtractor", "size": 20, "crop_size": 18, "resample": 3}')
    found = read_pixels(tmp_path, "CLIP")
    assert (found.resize, found.cut, found.resample) == (20, (18, 18), "bicubic")
    path.write_text('{"do_normalize": true, "image_mean": [0.5, 0.5, 0.5], "resample": 2, "size": 20}')
    found = read_pixels(tmp_path, "ViT")
    assert (found.resize, found.cut, found.resample) == ((20, 20), None, "bilinear")


def test_inside_a_processor(processors, transformers, tmp_path: Path):
    told = processors["CLIP"](size={"shortest_edge": 24}, crop_size={"height": 24, "width": 24}).to_dict()
    (tmp_path / "processor_config.json").write_text(json.dumps({"image_processor": told}))
    assert read_pixels(tmp_path, "CLIP").resize == 24


@pytest.mark.parametrize(
    "kind, expected", [("RGBA", (255, 255, 255)), ("L", (7, 7, 7)), ("P", (1, 2, 3)), ("rotated", (1, 2, 3))]
)
def test_any_picture_is_read_in_colour_upright_and_on_white(kind: str, expected: tuple, tmp_path: Path):
    path = tmp_path / "one.png"
    if kind == "RGBA":
        Image.new("RGBA", (4, 6), (9, 9, 9, 0)).save(path)
    elif kind == "L":
        Image.new("L", (4, 6), 7).save(path)
    elif kind == "P":
        Image.new("RGB", (4, 6), (1, 2, 3)).convert("P", palette=Image.Palette.ADAPTIVE).save(path)
    else:
        turned = Image.Exif()
        turned[0x0112] = 6
        Image.new("RGB", (6, 4), (1, 2, 3)).save(path, exif=turned)
    ((name, found),) = each_picture(path)
    assert (name, found.mode, found.size) == ("one.png", "RGB", (4, 6))
    assert found.getpixel((1, 1)) == expected


REFUSED = {
    "no file": (None, r"no preprocessor_config\.json"),
    "no JSON": ("{", "preprocessor_config.json: "),
    "another processor": ('{"image_processor_type": "BlipImageProcessor"}', "prepared by BlipImageProcessor"),
    "padding": ('{"do_pad": true}', "and padded"),
    "a size of nothing": ('{"size": {"height": 0, "width": 9}}', "a size of 0"),
    "a size beyond all": ('{"size": 1000000000}', r"a size of 1,000,000,000"),
    "half a size": ('{"size": {"height": 9}}', "without height and width"),
    "a size of another kind": ('{"size": {"longest_edge": 9}}', "longest_edge"),
    "no filter": ('{"resample": -1}', "resample"),
    "no deviation": ('{"image_std": [0, 1, 1]}', "no 0 to divide by"),
    "two colours": ('{"image_mean": [0, 1]}', "image_mean"),
    "nested": ("[" * 100_000, "preprocessor_config.json: "),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_known_is_refused(name: str, tmp_path: Path):
    content, message = REFUSED[name]
    if content is not None:
        (tmp_path / "preprocessor_config.json").write_text(content)
    with pytest.raises(HeadworkError, match=message) as caught:
        read_pixels(tmp_path, "CLIP")
    assert "\n" not in str(caught.value)


def test_a_thin_picture_fills_no_memory():
    thin = Image.new("RGB", (1_000_000, 1))
    pixels = Pixels(resize=224, resample="bicubic", cut=(224, 224), scale=None, mean=None, std=None)
    with pytest.raises(HeadworkError, match=r"here, resized: 50,176,000,000 pixels, over the limit"):
        pixels.of(thin, "here", Limits())


@settings(max_examples=50)
@given(
    rows=st.integers(1, 40),
    columns=st.integers(1, 40),
    resize=st.one_of(st.none(), st.integers(1, 30), st.tuples(st.integers(1, 30), st.integers(1, 30))),
    cut=st.one_of(st.none(), st.tuples(st.integers(1, 30), st.integers(1, 30))),
)
def test_the_shape_is_the_one_that_is_told(rows, columns, resize, cut):
    pixels = Pixels(resize=resize, resample="bilinear", cut=cut, scale=1 / 255, mean=None, std=None)
    found = pixels.of(picture(rows, columns), "here")
    assert found.shape[1:] == (pixels.shape or found.shape[1:])
    assert 0 <= found.min() <= found.max() <= 1


def test_open_clip_words(tmp_path: Path):
    path = tmp_path / "open_clip_config.json"
    usual = read_open_clip(path, 24)  # without the file, as open_clip does without a word
    assert (usual.resize, usual.cut, usual.resample, usual.scale) == (24, (24, 24), "bicubic", 1 / 255)
    for mode in ("shortest", "squash"):
        told = {"mean": [0.5, 0.4, 0.3], "std": [0.1, 0.2, 0.3], "interpolation": "bilinear", "resize_mode": mode}
        path.write_text(json.dumps({"model_cfg": {}, "preprocess_cfg": told}))
        found = read_open_clip(path, 24)
        assert found.shape == (24, 24)
        assert json.loads(json.dumps(as_open_clip(found, 24))) == told
    for told, message in (
        ({"resize_mode": "longest"}, "resize_mode"),
        ({"size": 32}, "model reads 24 x 24"),
        ({"a": 1}, "`a`"),
    ):
        path.write_text(json.dumps({"preprocess_cfg": told}))
        with pytest.raises(HeadworkError, match=message):
            read_open_clip(path, 24)
    with pytest.raises(HeadworkError, match="use --format hf"):
        as_open_clip(Pixels(resize=30, resample="box", cut=(24, 24), scale=None, mean=None, std=None), 24)
