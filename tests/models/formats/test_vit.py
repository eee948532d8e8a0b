"""ViT: random models of transformers, written by its save_pretrained, must give its own outputs, and the other way."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch
from tests.published import PICTURES, same
from torch import Tensor, nn

from headwork.base.errors import HeadworkError
from headwork.layers.patches import Patches
from headwork.layers.transformer import CoreConfig
from headwork.models.formats import read_published, write_published
from headwork.models.published import Published

PURPOSES = ("Model", "ForImageClassification")


@pytest.fixture
def pixels() -> Tensor:
    torch.manual_seed(1)
    return torch.randn(4, 3, 12, 12, dtype=torch.float64)


@torch.no_grad()
def theirs(model: nn.Module, pixels: Tensor) -> dict[str, Tensor]:
    """What transformers says, by our names of it."""
    found = model(pixel_values=pixels, output_hidden_states=True)
    if hasattr(found, "logits"):
        return {"classes": found.logits}
    return {"hidden": found.last_hidden_state.flatten(0, 1), "pooled": found.pooler_output}


@torch.no_grad()
def ours(model: Published, pixels: Tensor) -> dict[str, Tensor]:
    return model(patches_of(model).batch(pixels))


def patches_of(model: Published) -> Patches:
    assert model.config.core.patches is not None
    return model.config.core.patches


def furthest(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    return max(float((one[name].double() - other[name].double()).abs().max()) for name in one.keys() & other.keys())


@pytest.mark.parametrize("purpose", PURPOSES)
def test_all_that_a_model_says_equals_transformers(purpose: str, published, pixels: Tensor):
    case = published("vit", purpose)
    expected, found = theirs(case.model, pixels), ours(read_published(case.folder).double(), pixels)
    assert expected.keys() <= found.keys()
    assert furthest(found, expected) < 1e-9


@pytest.mark.parametrize("purpose", PURPOSES)
def test_in_single_precision_it_rounds_as_the_original_does(purpose: str, published, pixels: Tensor):
    case = published("vit", purpose)
    exact, rounded = theirs(case.model, pixels), theirs(case.model.float(), pixels.float())
    case.model.double()
    assert furthest(ours(read_published(case.folder), pixels.float()), exact) < 4 * furthest(rounded, exact)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_what_is_written_is_read_by_transformers(purpose: str, published, transformers, pixels: Tensor, tmp_path: Path):
    case = published("vit", purpose)
    write_published(read_published(case.folder), tmp_path)
    read, told = type(case.model).from_pretrained(tmp_path, output_loading_info=True)
    assert not any(told.values()), told
    assert furthest(theirs(read.eval().double(), pixels), theirs(case.model, pixels)) == 0
    assert read.config.id2label == case.model.config.id2label
    assert same(read_published(tmp_path), read_published(case.folder))


@torch.no_grad()
def test_attention_maps_and_states_equal_those_of_transformers(published, pixels: Tensor):
    case = published("vit", "Model")
    model = read_published(case.folder).double()
    core, batch = model.core, patches_of(model).batch(pixels)
    expected = case.model(pixel_values=pixels, output_hidden_states=True).hidden_states
    for found, states in zip(core.hidden_states(batch), expected, strict=True):
        assert (found - states.flatten(0, 1)).abs().max() < 1e-9
    case.model.set_attn_implementation("eager")
    attentions = case.model(pixel_values=pixels, output_attentions=True).attentions
    case.model.set_attn_implementation("sdpa")
    for layer, maps in enumerate(attentions):
        for found, its in zip(core.maps(batch, layer=layer), maps, strict=True):
            assert (found - its).abs().max() < 1e-6  # the original takes the softmax in single precision here


def changed(core: CoreConfig, **settings) -> CoreConfig:
    return msgspec.structs.replace(core, **settings)


def reordered(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Positions that read the patches by columns."""
    name = "core.embeddings.positions.weight"
    grid = state[name][1:].unflatten(0, (3, 3)).transpose(0, 1).flatten(0, 1)
    return {**state, name: torch.cat([state[name][:1], grid])}


SETTINGS: dict[str, Callable[[CoreConfig], CoreConfig]] = {
    "another activation": lambda core: changed(core, activation="gelu_tanh"),
    "another epsilon": lambda core: changed(core, eps=1e-5),
    "the norm elsewhere": lambda core: changed(core, norm="post"),
    "the future hidden": lambda core: changed(core, causal=True),
    "other heads": lambda core: changed(core, heads=2),
    "a layer less": lambda core: changed(core, layers=1),
    "a norm of the embeddings": lambda core: changed(core, embedding_norm=True),
    "patches without a bias": lambda core: changed(core, patches=Patches(side=12, patch=4, bias=False)),
}
STATES: dict[str, Callable[[dict[str, Tensor]], dict[str, Tensor]]] = {
    "positions by columns": reordered,
    "positions one further": lambda state: {
        **state, "core.embeddings.positions.weight": state["core.embeddings.positions.weight"].roll(1, 0)
    },
    "keys for queries": lambda state: {
        **state, "core.blocks.0.attention.qkv.weight": state["core.blocks.0.attention.qkv.weight"].roll(12, 0)
    },
    "colours in another order": lambda state: {
        **state, "core.embeddings.patches.weight": state["core.embeddings.patches.weight"].flip(1)
    },
}  # fmt: skip


@pytest.mark.parametrize("mistake", [*SETTINGS, *STATES])
def test_a_planted_mistake_is_seen(mistake: str, published, pixels: Tensor):
    case = published("vit", "Model")
    right = read_published(case.folder)
    core = SETTINGS.get(mistake, lambda core: core)(right.config.core)
    wrong = Published(msgspec.structs.replace(right.config, core=core))
    wrong.load_state_dict(STATES.get(mistake, lambda state: state)(right.state_dict()), strict=False)
    with torch.no_grad():
        found = wrong.double().eval().core(patches_of(right).batch(pixels))
    assert furthest({"hidden": found}, theirs(case.model, pixels)) > 1e-7


def test_another_pooler_is_seen(published, pixels: Tensor):
    case = published("vit", "Model")
    right = read_published(case.folder)
    wrong = Published(msgspec.structs.replace(right.config, pooler="relu"))
    wrong.load_state_dict(right.state_dict())
    assert furthest(ours(wrong.double().eval(), pixels), theirs(case.model, pixels)) > 1e-7


REFUSED = {
    "no bias of queries": ({"qkv_bias": False}, "qkv_bias is false"),
    "another pooler": ({"pooler_act": "relu"}, "pooler_act"),
    "sides that differ": ({"image_size": [12, 16]}, "image_size"),
    "a patch beyond the picture": ({"patch_size": 13}, "patch is 13 and side 12"),
    "no patch": ({"patch_size": 0}, "patch is 0"),
    "a hostile side": ({"image_size": 2**40}, "side is"),
    "hostile places": ({"image_size": 10_000, "patch_size": 1}, r"positions is 100,000,001"),
    "other heads": ({"num_attention_heads": 5}, "heads must divide"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_settings_that_no_core_has_are_refused(name: str, published, tmp_path: Path):
    settings, message = REFUSED[name]
    folder = published("vit", "Model").folder
    (tmp_path / "model.safetensors").symlink_to(folder / "model.safetensors")
    (tmp_path / "config.json").write_bytes(msgspec.json.encode({"model_type": "vit", **PICTURES, **settings}))
    with pytest.raises(HeadworkError, match=message):
        read_published(tmp_path)


def test_pictures_of_another_size_are_refused(published):
    patches = patches_of(read_published(published("vit", "Model").folder))
    with pytest.raises(HeadworkError, match=r"pictures of \(3, 12, 13\), but the model reads \(3, 12, 12\)"):
        patches.batch(torch.zeros(1, 3, 12, 13))
