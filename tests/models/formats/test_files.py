"""Published files: all spellings of names and kinds of files are read; what is damaged is refused by name."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.published import SIZES, TEXT, same
from torch import Tensor

from headwork.base.errors import HeadworkError
from headwork.layers.transformer import Core
from headwork.models.formats import read_published, read_settings
from headwork.models.pretrained import load_core


def rewritten(folder: Path, into: Path, change: Callable[[dict[str, Tensor]], dict[str, Tensor]]) -> Path:
    """A copy of a published folder with its tensors changed."""
    (into / "config.json").write_bytes((folder / "config.json").read_bytes())
    save_file(change(load_file(folder / "model.safetensors")), into / "model.safetensors")
    return into


SPELLINGS = {
    "of the TensorFlow era": lambda name: name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
        "LayerNorm.bias", "LayerNorm.beta"
    ),
    "without a prefix": lambda name: name.removeprefix("bert."),
    "of a wrapped model": lambda name: f"module.{name}",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_other_spellings_of_names(spelling: str, published, tmp_path: Path):
    folder = published("bert", "ForPreTraining").folder
    other = rewritten(folder, tmp_path, lambda t: {SPELLINGS[spelling](name): value for name, value in t.items()})
    assert same(read_published(other), read_published(folder))


def test_constant_buffers_of_old_files_are_left_out(published, tmp_path: Path):
    folder = published("gpt2", "LMHeadModel").folder
    masks = {"h.0.attn.bias": torch.ones(1, 1, 20, 20), "h.2.attn.masked_bias": torch.tensor(-1e4)}
    other = rewritten(folder, tmp_path, lambda tensors: {**tensors, **masks})
    assert same(read_published(other), read_published(folder))


def test_a_repeated_tensor_must_be_equal(published, tmp_path: Path):
    folder = published("bert", "ForMaskedLM").folder
    repeated = load_file(folder / "model.safetensors")["bert.embeddings.word_embeddings.weight"]
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir(), other.mkdir()
    name = "cls.predictions.decoder.weight"
    assert same(read_published(rewritten(folder, one, lambda t: {**t, name: repeated})), read_published(folder))
    with pytest.raises(HeadworkError, match=f"{name}' differs from what it should repeat"):
        read_published(rewritten(folder, other, lambda t: {**t, name: repeated + 1}))


def test_weights_in_several_files_or_pickled(published, transformers, tmp_path: Path):
    case = published("bert", "ForPreTraining")
    shards, pickled = tmp_path / "shards", tmp_path / "pickled"
    case.model.float().save_pretrained(shards, max_shard_size="4KB")
    case.model.double()
    assert len(list(shards.glob("*.safetensors"))) > 2
    assert same(read_published(shards), read_published(case.folder))
    pickled.mkdir()
    (pickled / "config.json").write_bytes((case.folder / "config.json").read_bytes())
    torch.save(load_file(case.folder / "model.safetensors"), pickled / "pytorch_model.bin")
    assert same(read_published(pickled), read_published(case.folder))


def test_half_precision_is_read_as_single(published, tmp_path: Path):
    folder = published("bert", "Model").folder
    other = rewritten(folder, tmp_path, lambda t: {name: value.half() for name, value in t.items()})
    assert all(tensor.dtype == torch.float32 for tensor in read_published(other).state_dict().values())


NAME = "bert.encoder.layer.1.output.dense.weight"
QUERY = "bert.encoder.layer.1.attention.self.query.weight"
DAMAGES = {
    "missing": (lambda t: {n: v for n, v in t.items() if n != NAME}, r"layer\.1\.output\.dense\.weight' is missing"),
    "part of a head missing": (
        lambda t: {n: v for n, v in t.items() if n != "cls.predictions.bias"},
        r"'cls\.predictions\.bias' is missing",
    ),
    "left over": (lambda t: {**t, "bert.adapter.weight": torch.zeros(3)}, "'adapter.weight' has no place"),
    "a layer too many": (
        lambda t: {**t, "bert.encoder.layer.3.output.dense.bias": torch.zeros(3)},
        r"'encoder\.layer\.3\.output\.dense\.bias' has no place",
    ),
    "wrongly shaped": (lambda t: {**t, NAME: torch.zeros(16, 31)}, r"shape \(16, 31\), expected \(16, 32\)"),
    "transposed": (lambda t: {**t, NAME: t[NAME].T.contiguous()}, r"shape \(32, 16\), expected \(16, 32\)"),
    "unlike its fellows": (lambda t: {**t, QUERY: torch.zeros(16, 31)}, "query.weight' does not fit its fellows"),
    "without dimensions": (lambda t: {**t, QUERY: torch.tensor(1.0)}, "query.weight' does not fit its fellows"),
    "one name twice": (lambda t: {**t, NAME.removeprefix("bert."): t[NAME].clone()}, "one name in two spellings"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_does_not_fit_is_named(damage: str, published, tmp_path: Path):
    change, message = DAMAGES[damage]
    folder = rewritten(published("bert", "ForPreTraining").folder, tmp_path, change)
    with pytest.raises(HeadworkError, match=message):
        read_published(folder)


def test_truncated_or_absent_weights_are_refused(published, tmp_path: Path):
    folder = rewritten(published("bert", "Model").folder, tmp_path, lambda tensors: tensors)
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(HeadworkError, match="cut off"):
        read_published(folder)
    path.unlink()
    with pytest.raises(HeadworkError, match="cannot be read"):
        read_published(folder)


def test_a_core_of_other_settings_is_refused(published):
    folder = published("bert", "Model").folder
    core = Core(msgspec.structs.replace(read_settings(folder), eps=1e-5))
    with pytest.raises(HeadworkError, match="eps is 1e-12 there"):
        load_core(core, folder)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"model_type": "t5"}, "'t5'; headwork reads bert"),
        ({"model_type": "bert", "vocab_size": "many"}, "vocab_size"),
        ({"hidden_size": 3}, "model_type"),
        ({"model_type": "bert", **TEXT, **SIZES, "hidden_act": "swiglu"}, "swiglu"),
        ({"model_type": "bert", **TEXT, **SIZES, "hidden_size": 17}, "heads must divide"),
    ],
)
def test_an_unknown_or_damaged_config_is_refused(settings: dict, message: str, tmp_path: Path):
    (tmp_path / "config.json").write_text(json.dumps(settings))
    with pytest.raises(HeadworkError, match=message):
        read_settings(tmp_path)


def test_no_config(tmp_path: Path):
    with pytest.raises(HeadworkError, match=r"No such file.*expected the folder"):
        read_settings(tmp_path)
