"""Published layouts: random models of transformers, written by its save_pretrained, must give its own hidden states."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from headwork.base.errors import HeadworkError
from headwork.layers.transformer import Core, CoreConfig
from headwork.models.formats import FORMATS, load_core, read_config
from headwork.ops.packed import TokenBatch, pack, pad

LENGTHS = (9, 6, 6, 1)
SIZES = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 32}
TEXT = {"vocab_size": 50, "max_position_embeddings": 20}


def _bert(t):
    return t.BertForPreTraining(t.BertConfig(**TEXT, **SIZES)), lambda m: m.bert


def _roberta(t):
    config = t.RobertaConfig(pad_token_id=1, type_vocab_size=1, layer_norm_eps=1e-5, **TEXT, **SIZES)
    return t.RobertaForMaskedLM(config), lambda m: m.roberta


def _albert(t):
    return t.AlbertForPreTraining(t.AlbertConfig(embedding_size=8, **TEXT, **SIZES)), lambda m: m.albert


def _distilbert(t):
    config = t.DistilBertConfig(**TEXT, dim=16, n_layers=3, n_heads=4, hidden_dim=32)
    return t.DistilBertForMaskedLM(config), lambda m: m.distilbert


def _gpt2(t):
    config = t.GPT2Config(vocab_size=50, n_positions=20, n_embd=16, n_layer=3, n_head=4, n_inner=32)
    return t.GPT2LMHeadModel(config), lambda m: m.transformer


MODELS = {"bert": _bert, "roberta": _roberta, "albert": _albert, "distilbert": _distilbert, "gpt2": _gpt2}


@pytest.fixture(scope="module")
def transformers():
    module = pytest.importorskip("transformers")
    module.logging.set_verbosity_error()
    module.logging.disable_progress_bar()
    return module


@pytest.fixture(scope="module")
def published(transformers, tmp_path_factory) -> Callable[[str], tuple[Path, nn.Module]]:
    """The folder of a random model of a family, and the body of that model in float64."""
    made = {}

    def make(family: str) -> tuple[Path, nn.Module]:
        if family not in made:
            torch.manual_seed(0)
            model, body = MODELS[family](transformers)
            for parameter in model.parameters():
                nn.init.normal_(parameter, std=0.3)
            folder = tmp_path_factory.mktemp(family)
            model.save_pretrained(folder)
            made[family] = folder, body(model).eval().double()
        return made[family]

    return make


@pytest.fixture
def batch() -> TokenBatch:
    torch.manual_seed(1)
    return pack([torch.randint(5, 50, (length,)).tolist() for length in LENGTHS])


def loaded(folder: Path, config: CoreConfig | None = None) -> Core:
    core = Core(config or read_config(folder)).double().eval()
    load_core(core, folder)
    return core


@torch.no_grad()
def theirs(body: nn.Module, batch: TokenBatch, types: Tensor | None) -> Tensor:
    """(N, D) last hidden states of the padded batch."""
    ids, mask = batch.padded(fill=1)
    padded_types = {} if types is None else {"token_type_ids": pad(types, batch.lengths)}
    return body(input_ids=ids, attention_mask=mask.long(), **padded_types).last_hidden_state[mask]


def segments(family: str, batch: TokenBatch) -> Tensor | None:
    return torch.arange(len(batch.ids)) % 2 if family in ("bert", "albert") else None


def test_every_format_is_compared():
    assert MODELS.keys() == FORMATS.keys()


@torch.no_grad()
@pytest.mark.parametrize("family", MODELS)
def test_hidden_states_equal_those_of_transformers(family: str, published, batch: TokenBatch):
    folder, body = published(family)
    types = segments(family, batch)
    expected = theirs(body, batch, types)
    assert (loaded(folder)(batch, types=types) - expected).abs().max() < 1e-9


@torch.no_grad()
@pytest.mark.parametrize("family", MODELS)
def test_attention_maps_equal_those_of_transformers(family: str, published, batch: TokenBatch):
    folder, body = published(family)
    body.set_attn_implementation("eager")
    ids, mask = batch.padded(fill=1)
    expected = body(input_ids=ids, attention_mask=mask.long(), output_attentions=True).attentions
    core = loaded(folder)
    for layer, padded in enumerate(expected):
        for row, (text, length) in enumerate(zip(core.maps(batch, layer=layer), LENGTHS, strict=True)):
            assert (text - padded[row, :, :length, :length]).abs().max() < 1e-9
    body.set_attn_implementation("sdpa")


MISTAKES = {
    "another gelu": ("bert", {"activation": "gelu_tanh"}),
    "another epsilon": ("bert", {"eps": 1e-5}),
    "norm before": ("bert", {"norm": "pre"}),
    "no causal mask": ("gpt2", {"causal": False}),
    "a causal mask": ("bert", {"causal": True}),
    "positions from the padding's row": ("roberta", {"position_offset": 1}),
    "gelu for its approximation": ("gpt2", {"activation": "gelu"}),
    "other heads": ("distilbert", {"heads": 2}),
}


@torch.no_grad()
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_seen(mistake: str, published, batch: TokenBatch):
    family, changes = MISTAKES[mistake]
    folder, body = published(family)
    right = loaded(folder)
    wrong = Core(msgspec.structs.replace(right.config, **changes)).double().eval()
    wrong.load_state_dict(right.state_dict(), strict=False)
    types = segments(family, batch)
    assert (wrong(batch, types=types) - theirs(body, batch, types)).abs().max() > 1e-6


@torch.no_grad()
def test_a_wrong_segment_is_seen(published, batch: TokenBatch):
    folder, body = published("bert")
    types = segments("bert", batch)
    assert (loaded(folder)(batch) - theirs(body, batch, types)).abs().max() > 1e-6


@torch.no_grad()
def test_a_forgotten_mask_is_seen(published, batch: TokenBatch):
    folder, body = published("bert")
    ids, mask = batch.padded(fill=1)
    unmasked = body(input_ids=ids).last_hidden_state[mask]
    assert (loaded(folder)(batch) - unmasked).abs().max() > 1e-6


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
}


@torch.no_grad()
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_other_spellings_of_names(spelling: str, published, batch: TokenBatch, tmp_path: Path):
    folder, _ = published("bert")
    other = rewritten(folder, tmp_path, lambda t: {SPELLINGS[spelling](name): value for name, value in t.items()})
    assert torch.equal(loaded(other)(batch), loaded(folder)(batch))


def test_masks_in_old_gpt2_files_are_left_out(published, tmp_path: Path):
    folder, _ = published("gpt2")
    masks = {"h.0.attn.bias": torch.ones(1, 1, 20, 20), "h.2.attn.masked_bias": torch.tensor(-1e4)}
    loaded(rewritten(folder, tmp_path, lambda tensors: {**tensors, **masks}))


NAME = "bert.encoder.layer.1.output.dense.weight"
DAMAGES = {
    "missing": (lambda t: {n: v for n, v in t.items() if n != NAME}, r"layer\.1\.output\.dense\.weight' is missing"),
    "left over": (lambda t: {**t, "bert.adapter.weight": torch.zeros(3)}, "'adapter.weight' has no place"),
    "a layer too many": (
        lambda t: {**t, "bert.encoder.layer.3.output.dense.bias": torch.zeros(3)},
        r"'encoder\.layer\.3\.output\.dense\.bias' has no place",
    ),
    "wrongly shaped": (lambda t: {**t, NAME: torch.zeros(16, 31)}, r"shape \(16, 31\), expected \(16, 32\)"),
    "transposed": (lambda t: {**t, NAME: t[NAME].T.contiguous()}, r"shape \(32, 16\), expected \(16, 32\)"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_does_not_fit_is_named(damage: str, published, tmp_path: Path):
    change, message = DAMAGES[damage]
    folder = rewritten(published("bert")[0], tmp_path, change)
    with pytest.raises(HeadworkError, match=message):
        loaded(folder)


def test_truncated_or_absent_weights_are_refused(published, tmp_path: Path):
    folder = rewritten(published("bert")[0], tmp_path, lambda tensors: tensors)
    core = Core(read_config(folder))
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(HeadworkError, match="cut off"):
        load_core(core, folder)
    path.unlink()
    with pytest.raises(HeadworkError, match="cannot be read"):
        load_core(core, folder)


def test_a_core_of_other_settings_is_refused(published):
    folder, _ = published("bert")
    core = Core(msgspec.structs.replace(read_config(folder), eps=1e-5))
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
        read_config(tmp_path)


def test_no_config(tmp_path: Path):
    with pytest.raises(HeadworkError, match=r"No such file.*expected the folder"):
        read_config(tmp_path)
