"""Damaged files of CLIP and ViT, in all of their layouts: read whole, or refused in one line."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from tests.damage import mutated
from tests.models.formats.open_clip_by_hand import SIZES, OpenClip
from tests.published import write_clip_tokens, write_random, write_small_clip

from headwork.base.errors import HeadworkError
from headwork.base.runs import Imported, Run
from headwork.exchange.importing import import_model

FILES = (
    *(("clip", name) for name in ("config.json", "model.safetensors", "preprocessor_config.json")),
    *(("vit", name) for name in ("config.json", "model.safetensors")),
    *(("open_clip", name) for name in ("open_clip_config.json", "open_clip_pytorch_model.bin")),
    ("openai", "model.pt"),
)


@pytest.fixture(scope="module")
def folders(transformers, tmp_path_factory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("fuzz")
    folders = {name: base / name for name in ("clip", "vit", "open_clip", "openai")}
    for folder in folders.values():
        folder.mkdir()
    write_small_clip(folders["clip"])
    write_random(transformers, "vit", "ForImageClassification", folders["vit"])
    torch.manual_seed(0)
    settings = {"model_cfg": SIZES, "preprocess_cfg": {"resize_mode": "squash", "mean": [0.5, 0.5, 0.5]}}
    (folders["open_clip"] / "open_clip_config.json").write_text(json.dumps(settings))
    torch.save(OpenClip(quick=False).state_dict(), folders["open_clip"] / "open_clip_pytorch_model.bin")
    texts = {**SIZES["text_cfg"], "width": 64, "heads": 1, "layers": 1}
    pictures = {**SIZES["vision_cfg"], "width": 64, "head_width": 64, "layers": 1}
    small = OpenClip(quick=True, sizes={"embed_dim": 4, "text_cfg": texts, "vision_cfg": pictures}).state_dict()
    numbers = {name: torch.tensor(1) for name in ("input_resolution", "context_length", "vocab_size")}
    torch.save(small | numbers, folders["openai"] / "model.pt")
    for name in ("open_clip", "openai"):
        write_clip_tokens(folders[name])
    return folders


def imported_or_refused(folder: Path, into: Path) -> None:
    try:
        assert isinstance(import_model(str(folder), Run(into)), Imported)
    except HeadworkError as error:
        assert "\n" not in str(error) and len(str(error)) < 2000
    shutil.rmtree(into, ignore_errors=True)


def test_the_undamaged_are_read(folders, tmp_path: Path):
    for name, folder in folders.items():
        assert import_model(str(folder), Run(tmp_path / name)).pictures


def damage(folders: dict[str, Path], into: Path, name: str, file: str, seed: int) -> None:
    folder = into / name
    if not folder.exists():
        shutil.copytree(folders[name], folder)
    (folder / file).write_bytes(mutated((folders[name] / file).read_bytes(), random.Random(seed)))
    imported_or_refused(folder, into / "run")


@pytest.mark.parametrize("name, file", FILES)
def test_mutations(name: str, file: str, folders, tmp_path: Path):
    for seed in range(40):
        damage(folders, tmp_path, name, file, seed)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name, file", FILES)
def test_many_mutations(name: str, file: str, folders, tmp_path: Path):
    for seed in range(40, 1_000):
        damage(folders, tmp_path, name, file, seed)


NUMBERS = st.one_of(st.integers(-5, 5), st.sampled_from([2**31, 2**62, 10**9, 10**40, 1e300, "many", None, [1], {}]))


@settings(max_examples=30)
@given(
    tower=st.sampled_from(["text_config", "vision_config"]),
    change=st.sampled_from(
        [
            *("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"),
            *("image_size", "patch_size", "num_channels", "max_position_embeddings", "eos_token_id"),
            *("layer_norm_eps", "hidden_act"),
        ]
    ),
    value=NUMBERS,
)
def test_any_setting_of_a_tower(folders, tmp_path_factory, tower: str, change: str, value: Any):
    folder = tmp_path_factory.mktemp("settings")
    for file in folders["clip"].iterdir():
        (folder / file.name).symlink_to(file)
    told = json.loads((folders["clip"] / "config.json").read_text())
    told[tower][change] = value
    (folder / "config.json").unlink()
    (folder / "config.json").write_text(json.dumps(told))
    imported_or_refused(folder, folder / "run")


@settings(max_examples=30)
@given(
    tower=st.sampled_from(["vision_cfg", "text_cfg"]),
    change=st.sampled_from(["width", "layers", "head_width", "heads", "mlp_ratio", "patch_size", "image_size"]),
    value=NUMBERS,
)
def test_any_setting_of_open_clip(folders, tmp_path_factory, tower: str, change: str, value: Any):
    folder = tmp_path_factory.mktemp("settings")
    for file in folders["open_clip"].iterdir():
        (folder / file.name).symlink_to(file)
    told = {"model_cfg": {**SIZES, tower: {**SIZES[tower], change: value}}}
    (folder / "open_clip_config.json").unlink()
    (folder / "open_clip_config.json").write_text(json.dumps(told))
    imported_or_refused(folder, folder / "run")


SHAPES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "nothing": lambda tensor: tensor[:0],
    "one more dimension": lambda tensor: tensor[None],
    "a single number": lambda tensor: torch.tensor(1.0),
    "a row more": lambda tensor: torch.cat([tensor, tensor[:1]]),
    "whole numbers": lambda tensor: tensor.long(),
}


@pytest.mark.filterwarnings("ignore:The use of `x.T`:UserWarning")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "name", ["visual.conv1.weight", "visual.positional_embedding", "positional_embedding", "text_projection"]
)
def test_shapes_that_settings_are_taken_from(name: str, shape: str, folders, tmp_path: Path):
    folder = tmp_path / "openai"
    shutil.copytree(folders["openai"], folder)
    tensors = torch.load(folder / "model.pt", weights_only=True)
    tensors[name] = SHAPES[shape](tensors[name])
    torch.save(tensors, folder / "model.pt")
    imported_or_refused(folder, tmp_path / "run")


def test_a_renamed_tensor_is_named(folders, tmp_path: Path):
    tensors = load_file(folders["clip"] / "model.safetensors")
    assert "vision_model.pre_layrnorm.weight" in tensors
    for name, folder in folders.items():
        copy = tmp_path / name
        shutil.copytree(folder, copy)
        (path,) = [path for path in copy.iterdir() if path.suffix in (".safetensors", ".bin", ".pt")]
        content = path.read_bytes()
        first, second = (b"pre_layrnorm.weight", b"pre_laxrnorm.weight") if name == "clip" else (b"weight", b"weighs")
        path.write_bytes(content.replace(first, second, 1))
        with pytest.raises(HeadworkError, match=r"missing|no weights can be read|not the tensors of a CLIP"):
            import_model(str(copy), Run(tmp_path / f"{name}-run"))
