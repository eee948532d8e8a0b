"""CLIP in both layouts: what transformers, or a model built by hand of torch's own parts, says of random weights."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.models.formats.open_clip_by_hand import SIZES, OpenClip
from tests.published import CLIP_TEXTS, END, PICTURES, drawn_wide, write_clip
from torch import Tensor, nn

from headwork.base.errors import HeadworkError
from headwork.layers.contrastive import contrastive_loss
from headwork.models.clip import Clip, ClipConfig
from headwork.models.formats import clip, open_clip
from headwork.ops.packed import TokenBatch, pack

pytestmark = pytest.mark.row("CL02")
LENGTHS = (9, 6, 2, 16)
KINDS = {
    "as OpenAI's": ({}, {}),
    "as LAION's": ({"hidden_act": "gelu"}, {"hidden_act": "gelu"}),
    "as written before 2023": ({"eos_token_id": 2}, {}),
    "with one more token behind the end": ({"vocab_size": END + 5}, {}),
}


@pytest.fixture
def pixels() -> Tensor:
    torch.manual_seed(1)
    return torch.randn(3, 3, 12, 12, dtype=torch.float64)


@pytest.fixture
def texts() -> TokenBatch:
    torch.manual_seed(2)
    return pack([[*torch.randint(3, END - 1, (length - 1,)).tolist(), END] for length in LENGTHS])


@pytest.fixture(scope="module")
def published_clip(transformers, tmp_path_factory) -> Callable:
    made = {}

    def make(kind: str):
        if kind not in made:
            told, seen = KINDS[kind]
            made[kind] = write_clip(transformers, tmp_path_factory.mktemp("clip"), texts=told, pictures=seen)
        return made[kind]

    return make


@torch.no_grad()
def theirs(model: nn.Module, pixels: Tensor, texts: TokenBatch, fill: int = END) -> dict[str, Tensor]:
    ids, mask = texts.padded(fill=fill)
    found = model(input_ids=ids, attention_mask=mask.long(), pixel_values=pixels)
    hidden = found.text_model_output.last_hidden_state[mask]
    return {"logits": found.logits_per_image, "pictures": found.image_embeds, "texts": found.text_embeds, "of": hidden}


@torch.no_grad()
def ours(model: Clip, pixels: Tensor, texts: TokenBatch) -> dict[str, Tensor]:
    seen = batch_of(model, pixels)
    pictures, told = model.embed_pictures(seen), model.embed_texts(texts)
    return {"logits": model(seen, texts), "pictures": pictures, "texts": told, "of": model.texts(texts)}


def batch_of(model: Clip, pixels: Tensor):
    return model.config.patches.batch(pixels)


def furthest(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    assert one.keys() == other.keys()
    return max(float((one[name].double() - other[name].double()).abs().max()) for name in one)


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_both_towers_say_equals_transformers(kind: str, published_clip, pixels: Tensor, texts: TokenBatch):
    case = published_clip(kind)
    expected, found = theirs(case.model, pixels, texts), ours(clip.read(case.folder).double(), pixels, texts)
    assert furthest(found, expected) < 1e-9


@pytest.mark.parametrize("kind", KINDS)
def test_in_single_precision_it_rounds_as_the_original_does(
    kind: str, published_clip, pixels: Tensor, texts: TokenBatch
):
    case = published_clip(kind)
    exact, rounded = theirs(case.model, pixels, texts), theirs(case.model.float(), pixels.float(), texts)
    case.model.double()
    found = ours(clip.read(case.folder), pixels.float(), texts)
    for name in exact:
        assert furthest({name: found[name]}, {name: exact[name]}) < 4 * furthest(
            {name: rounded[name]}, {name: exact[name]}
        )


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_read_by_transformers(
    kind: str, published_clip, transformers, pixels: Tensor, texts: TokenBatch, tmp_path: Path
):
    case = published_clip(kind)
    clip.write(clip.read(case.folder), tmp_path)
    read, told = transformers.CLIPModel.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(told.values()), told
    assert furthest(theirs(read.eval().double(), pixels, texts), theirs(case.model, pixels, texts)) == 0
    before, after = load_file(case.folder / "model.safetensors"), load_file(tmp_path / "model.safetensors")
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_text_ends_at_the_first_token_that_ends_one(published_clip, pixels: Tensor):
    """Where the end is named, later ones do not count; where it is not, the largest number is the end."""
    twice = pack([[5, END, 7, END, 9], [END, 4, 8], [7, 8, 9]])
    for kind in ("as OpenAI's", "as written before 2023"):
        case = published_clip(kind)
        assert (
            furthest(ours(clip.read(case.folder).double(), pixels, twice), theirs(case.model, pixels, twice, 1)) < 1e-9
        )
    larger = pack([[5, END, END + 3, 9]])
    case = published_clip("with one more token behind the end")
    assert furthest(ours(clip.read(case.folder).double(), pixels, larger), theirs(case.model, pixels, larger, 1)) < 1e-9


def test_settings_that_older_files_say_twice(published_clip, pixels: Tensor, texts: TokenBatch, tmp_path: Path):
    case = published_clip("as OpenAI's")
    told = json.loads((case.folder / "config.json").read_text())
    told |= {"text_config_dict": CLIP_TEXTS, "vision_config_dict": PICTURES}
    told["text_config"] |= {"layer_norm_eps": 0.1}
    (tmp_path / "config.json").write_text(json.dumps(told))
    (tmp_path / "model.safetensors").symlink_to(case.folder / "model.safetensors")
    assert furthest(ours(clip.read(tmp_path).double(), pixels, texts), theirs(case.model, pixels, texts)) < 1e-9


def tower(name: str, **settings) -> Callable[[ClipConfig], ClipConfig]:
    return lambda config: msgspec.structs.replace(
        config, **{name: msgspec.structs.replace(getattr(config, name), **settings)}
    )


def rolled(name: str, by: int, dim: int = 0) -> Callable[[dict[str, Tensor]], dict[str, Tensor]]:
    return lambda state: {**state, name: state[name].roll(by, dim)}


SETTINGS: dict[str, Callable[[ClipConfig], ClipConfig]] = {
    "another activation of texts": tower("texts", activation="gelu"),
    "another activation of pictures": tower("pictures", activation="gelu"),
    "another epsilon of texts": tower("texts", eps=1e-12),
    "another epsilon of pictures": tower("pictures", eps=1e-12),
    "the future seen": tower("texts", causal=False),
    "post-norm texts": tower("texts", norm="post"),
    "no norm before the first block": tower("pictures", embedding_norm=False),
    "other heads of texts": tower("texts", heads=2),
    "other heads of pictures": tower("pictures", heads=2),
    "a layer less": tower("pictures", layers=1),
    "another end": lambda config: msgspec.structs.replace(config, end=0),
}
STATES: dict[str, Callable[[dict[str, Tensor]], dict[str, Tensor]]] = {
    "places of texts one further": rolled("texts.embeddings.positions.weight", 1),
    "places of patches one further": rolled("pictures.embeddings.positions.weight", 1),
    "keys for queries": rolled("texts.blocks.1.attention.qkv.weight", 16),
    "colours in another order": rolled("pictures.embeddings.patches.weight", 1, 1),
    "a projection on its side": lambda state: {
        **state, "text_projection.weight": state["text_projection.weight"].reshape(16, 10).T
    },
    "a scale that is no logarithm": lambda state: {**state, "logit_scale": state["logit_scale"].exp()},
    "no norm behind the last block": lambda state: {
        **state, "pictures.norm.weight": torch.ones(12), "pictures.norm.bias": torch.zeros(12)
    },
}  # fmt: skip


@pytest.mark.parametrize("mistake", [*SETTINGS, *STATES])
def test_a_planted_mistake_is_seen(mistake: str, published_clip, pixels: Tensor, texts: TokenBatch):
    case = published_clip("as OpenAI's")
    right = clip.read(case.folder)
    wrong = Clip(SETTINGS.get(mistake, lambda config: config)(right.config))
    wrong.load_state_dict(STATES.get(mistake, lambda state: state)(right.state_dict()), strict=False)
    assert furthest(ours(wrong.double().eval(), pixels, texts), theirs(case.model, pixels, texts)) > 1e-7


NAME = "vision_model.encoder.layers.1.mlp.fc1.weight"
DAMAGES: dict[str, tuple[Callable[[dict[str, Tensor]], dict[str, Tensor]], str]] = {
    "missing": (lambda t: {n: v for n, v in t.items() if n != NAME}, rf"'{NAME}' is missing"),
    "left over": (lambda t: {**t, "logit_bias": torch.zeros(1)}, "'logit_bias' has no place"),
    "transposed": (lambda t: {**t, NAME: t[NAME].T.contiguous()}, r"shape \(12, 20\), expected \(20, 12\)"),
    "one tower alone": (
        lambda t: {n: v for n, v in t.items() if "text" not in n},
        "token_embedding.weight' is missing",
    ),
    "a scale that is many": (lambda t: {**t, "logit_scale": torch.zeros(2)}, r"shape \(2,\), expected \(\)"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_does_not_fit_is_named(damage: str, published_clip, tmp_path: Path):
    change, message = DAMAGES[damage]
    folder = published_clip("as OpenAI's").folder
    (tmp_path / "config.json").symlink_to(folder / "config.json")
    save_file(change(load_file(folder / "model.safetensors")), tmp_path / "model.safetensors")
    with pytest.raises(HeadworkError, match=message):
        clip.read(tmp_path)


def test_buffers_of_older_files_are_left_out(published_clip, tmp_path: Path):
    folder = published_clip("as OpenAI's").folder
    buffers = {f"{tower}.embeddings.position_ids": torch.arange(4)[None] for tower in ("text_model", "vision_model")}
    (tmp_path / "config.json").symlink_to(folder / "config.json")
    save_file({**load_file(folder / "model.safetensors"), **buffers}, tmp_path / "model.safetensors")
    assert same(clip.read(tmp_path), clip.read(folder))


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"projection_dim": 0}, "width is 0"),
        ({"text_config": {"layer_norm_eps": -1e-5}}, "eps is -1e-05"),
        ({"projection_dim": 2**40}, "width is 1,099"),
        ({"text_config": {"vocab_size": 2**40}}, "vocabulary is 1,099"),
        ({"text_config": {"eos_token_id": [1, 2]}}, "eos_token_id"),
        ({"vision_config": {"hidden_act": "swiglu"}}, "swiglu"),
        ({"vision_config": {"patch_size": 500}}, "patch is 500"),
    ],
)
def test_settings_that_no_tower_has_are_refused(settings: dict[str, Any], message: str, tmp_path: Path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "clip", **settings}))
    with pytest.raises(HeadworkError, match=message):
        clip.read(tmp_path)


def same(one: nn.Module, other: nn.Module) -> bool:
    mine, its = one.state_dict(), other.state_dict()
    return mine.keys() == its.keys() and all(torch.equal(mine[name], its[name]) for name in mine)


# OpenAI's and open_clip's layout


def by_hand(*, quick: bool) -> OpenClip:
    torch.manual_seed(0)
    model = OpenClip(quick=quick)
    drawn_wide(model)
    return model.eval()


def settings_beside(folder: Path, *, quick: bool, **more) -> None:
    told = {"model_cfg": {**SIZES, **({"quick_gelu": True} if quick else {}), **more}, "preprocess_cfg": {}}
    (folder / "open_clip_config.json").write_text(json.dumps(told))


@torch.no_grad()
def difference(model: Clip, original: OpenClip, pixels: Tensor, texts: TokenBatch) -> float:
    expected = original.double()(pixels, texts.padded()[0])
    original.float()
    return float((model.double()(batch_of(model, pixels), texts) - expected).abs().max())


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize("file", ["open_clip_model.safetensors", "open_clip_pytorch_model.bin", "epoch_9.pt"])
def test_open_clip_says_the_same(file: str, quick: bool, pixels: Tensor, texts: TokenBatch, tmp_path: Path):
    original = by_hand(quick=quick)
    settings_beside(tmp_path, quick=quick)
    state = original.state_dict()
    if file.endswith("safetensors"):
        save_file(state, tmp_path / file)
    elif file.endswith("bin"):
        torch.save(state, tmp_path / file)
    else:  # what open_clip's training writes
        torch.save(
            {"epoch": 9, "state_dict": {f"module.{name}": value for name, value in state.items()}}, tmp_path / file
        )
    assert difference(open_clip.read(tmp_path), original, pixels, texts) < 1e-9


def test_openai_files_need_no_settings(pixels: Tensor, texts: TokenBatch, tmp_path: Path):
    sizes = {
        "embed_dim": 10,
        "vision_cfg": {"image_size": 12, "layers": 2, "width": 128, "patch_size": 4, "head_width": 64},
        "text_cfg": {"context_length": 16, "vocab_size": END + 1, "width": 64, "heads": 1, "layers": 1},
    }
    torch.manual_seed(0)
    original = OpenClip(quick=True, sizes=sizes)
    drawn_wide(original)
    numbers = {
        "input_resolution": torch.tensor(12),
        "context_length": torch.tensor(16),
        "vocab_size": torch.tensor(END + 1),
    }
    torch.save({**original.state_dict(), **numbers}, tmp_path / "ViT-B-32.pt")
    assert difference(open_clip.read(tmp_path), original.eval(), pixels, texts) < 1e-9
    torch.save(original.state_dict(), tmp_path / "ViT-B-32.pt")
    with pytest.raises(HeadworkError, match="whether its activation is quick_gelu"):
        open_clip.read(tmp_path)
    torch.save({**numbers, "visual.conv1.weight": torch.zeros(2)}, tmp_path / "ViT-B-32.pt")
    with pytest.raises(HeadworkError, match="not the tensors of a CLIP"):
        open_clip.read(tmp_path)


@pytest.mark.parametrize("quick", [True, False])
def test_what_is_written_is_open_clips(quick: bool, pixels: Tensor, texts: TokenBatch, tmp_path: Path):
    original, (first, second) = by_hand(quick=quick), (tmp_path / "first", tmp_path / "second")
    first.mkdir()
    settings_beside(first, quick=quick)
    save_file(original.state_dict(), first / "open_clip_model.safetensors")
    open_clip.write(open_clip.read(first), second, {})
    again = OpenClip(quick=quick)
    again.load_state_dict(load_file(second / "open_clip_model.safetensors"))
    assert same(again, original)
    assert same(open_clip.read(second), open_clip.read(first))
    assert open_clip.read(second).config == open_clip.read(first).config


def test_from_one_layout_to_the_other(published_clip, tmp_path: Path):
    model = clip.read(published_clip("as OpenAI's").folder)
    open_clip.write(model, tmp_path, {})
    assert same(open_clip.read(tmp_path), model)
    assert open_clip.read(tmp_path).config == msgspec.structs.replace(model.config, end=None)
    with pytest.raises(HeadworkError, match="cannot say what this model is"):
        open_clip.write(clip.read(published_clip("with one more token behind the end").folder), tmp_path, {})


MISTAKES: dict[str, Callable[[OpenClip], object]] = {
    "the projection of texts the other way": lambda m: m.text_projection.data.copy_(m.text_projection.data.flip(0)),
    "the projection of pictures the other way": lambda m: m.visual.proj.data.copy_(m.visual.proj.data.flip(1)),
    "keys for queries": lambda m: m.transformer.resblocks[0].attn.in_proj_weight.data.copy_(
        m.transformer.resblocks[0].attn.in_proj_weight.data.roll(24, 0)
    ),
    "places one further": lambda m: m.positional_embedding.data.copy_(m.positional_embedding.data.roll(1, 0)),
    "the scale": lambda m: m.logit_scale.data.add_(1e-3),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_other_layout_is_seen(mistake: str, pixels: Tensor, texts: TokenBatch, tmp_path: Path):
    original = by_hand(quick=True)
    settings_beside(tmp_path, quick=True)
    save_file(original.state_dict(), tmp_path / "open_clip_model.safetensors")
    MISTAKES[mistake](original)
    assert difference(open_clip.read(tmp_path), original, pixels, texts) > 1e-7


def test_the_activation_is_the_one_that_is_told(pixels: Tensor, texts: TokenBatch, tmp_path: Path):
    original = by_hand(quick=True)
    settings_beside(tmp_path, quick=False)
    save_file(original.state_dict(), tmp_path / "open_clip_model.safetensors")
    assert difference(open_clip.read(tmp_path), original, pixels, texts) > 1e-5


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"vision_cfg": {"layers": [3, 4, 6, 3], "width": 64}}, "layers"),
        ({"text_cfg": {"hf_model_name": "roberta-base"}}, "hf_model_name"),
        ({"init_logit_bias": -10}, "init_logit_bias"),
        ({"vision_cfg": {**SIZES["vision_cfg"], "head_width": 5}}, "must divide"),
        ({"vision_cfg": {**SIZES["vision_cfg"], "mlp_ratio": 1e300}}, "ff is 1"),
        ({"text_cfg": {**SIZES["text_cfg"], "width": 48}}, rf"shape \({END + 1}, 24\), expected \({END + 1}, 48\)"),
    ],
)
def test_settings_of_open_clip_that_are_not_known(settings: dict[str, Any], message: str, tmp_path: Path):
    settings_beside(tmp_path, quick=True, **settings)
    save_file(by_hand(quick=True).state_dict(), tmp_path / "open_clip_model.safetensors")
    with pytest.raises(HeadworkError, match=message):
        open_clip.read(tmp_path)


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_an_archive_with_code_is_refused_with_a_hint(tmp_path: Path):
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), str(tmp_path / "ViT-B-32.pt"))
    with pytest.raises(HeadworkError, match=r"TorchScript archive.*torch\.jit\.load.*state_dict"):
        open_clip.read(tmp_path)
    (tmp_path / "RN50.pt").touch()
    with pytest.raises(HeadworkError, match=r"RN50\.pt and ViT-B-32\.pt are there; leave one"):
        open_clip.read(tmp_path)


# The loss


def test_the_loss_equals_transformers(published_clip, pixels: Tensor):
    case = published_clip("as OpenAI's")
    texts = pack([[5, 6, END], [7, END], [8, 9, 10, END]])
    model = clip.read(case.folder).double()
    ids, mask = texts.padded(fill=END)
    expected = case.model(input_ids=ids, attention_mask=mask.long(), pixel_values=pixels, return_loss=True).loss
    found = model.loss(batch_of(model, pixels), texts)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-9)
    case.model.zero_grad(), expected.backward(), found.backward()
    torch.testing.assert_close(model.logit_scale.grad, case.model.logit_scale.grad, rtol=0, atol=1e-9)
    case.model.zero_grad()


def test_the_loss_between_its_bounds():
    torch.manual_seed(0)
    alike = nn.functional.normalize(torch.randn(1, 5, dtype=torch.float64)).expand(7, 5)
    assert math.isclose(contrastive_loss(alike, alike, 14.0), math.log(7), rel_tol=1e-12)
    apart = torch.eye(7, dtype=torch.float64)
    assert math.isclose(contrastive_loss(apart, apart, 3.0), math.log(math.exp(3) + 6) - 3, rel_tol=1e-12)
    one, other = (nn.functional.normalize(torch.randn(7, 5, dtype=torch.float64)) for _ in range(2))
    assert math.isclose(contrastive_loss(one, other, 9.0), contrastive_loss(other, one, 9.0), rel_tol=1e-12)
    assert not math.isclose(contrastive_loss(one, other, 9.0), contrastive_loss(one, other.roll(1, 0), 9.0))


def test_the_scale_is_kept_below_a_hundred(published_clip, pixels: Tensor, texts: TokenBatch):
    model = clip.read(published_clip("as OpenAI's").folder)
    model.logit_scale.data.fill_(7.0)
    kept = model.logit_scale.item()
    model(batch_of(model, pixels.float()), texts)
    assert model.logit_scale.item() == kept  # what is read is used as it is
    model.loss(batch_of(model, pixels.float()), pack([[5, END]] * 3)).backward()
    assert math.isclose(model.logit_scale.exp().item(), 100, rel_tol=1e-5)
    assert model.logit_scale.grad is not None
