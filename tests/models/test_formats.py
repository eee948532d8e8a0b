"""Published layouts: random models of transformers, written by its save_pretrained, must give its own outputs, and
what headwork writes must give them in transformers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from headwork.base.errors import HeadworkError
from headwork.layers.transformer import Core
from headwork.models.formats import FORMATS, load_core, read_config, read_published, write_published
from headwork.models.published import Published
from headwork.ops.packed import TokenBatch, pack, pad

LENGTHS = (9, 6, 6, 1)
SIZES = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 32}
TEXT = {"vocab_size": 50, "max_position_embeddings": 20}
CONFIGS = {
    "bert": ("Bert", {**TEXT, **SIZES}),
    "roberta": ("Roberta", {**TEXT, **SIZES, "pad_token_id": 1, "type_vocab_size": 1, "layer_norm_eps": 1e-5}),
    "albert": ("Albert", {**TEXT, **SIZES, "embedding_size": 8}),
    "distilbert": ("DistilBert", {**TEXT, "dim": 16, "n_layers": 3, "n_heads": 4, "hidden_dim": 32}),
    "gpt2": (
        "GPT2",
        {
            "vocab_size": 50,
            "n_positions": 20,
            "n_embd": 16,
            "n_layer": 3,
            "n_head": 4,
            "n_inner": 32,
            "pad_token_id": 1,
        },
    ),
}
PURPOSES = {
    "bert": (
        *("Model", "ForPreTraining", "ForMaskedLM", "ForSequenceClassification", "ForTokenClassification"),
        "ForQuestionAnswering",
    ),
    "roberta": (
        *("Model", "ForMaskedLM", "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering"),
    ),
    "albert": (
        *("Model", "ForPreTraining", "ForMaskedLM", "ForSequenceClassification", "ForTokenClassification"),
        "ForQuestionAnswering",
    ),
    "distilbert": (
        *("Model", "ForMaskedLM", "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering"),
    ),
    "gpt2": ("Model", "LMHeadModel", "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering"),
}
CASES = [(family, purpose) for family in CONFIGS for purpose in PURPOSES[family]]


class Case(NamedTuple):
    folder: Path
    model: nn.Module
    """of transformers, in float64"""


@pytest.fixture(scope="module")
def transformers():
    module = pytest.importorskip("transformers")
    module.logging.set_verbosity_error()
    module.logging.disable_progress_bar()
    return module


@pytest.fixture(scope="module")
def published(transformers, tmp_path_factory) -> Callable[[str, str], Case]:
    """A random model of transformers and the folder that its save_pretrained wrote."""
    made = {}

    def make(family: str, purpose: str) -> Case:
        if (family, purpose) not in made:
            stem, settings = CONFIGS[family]
            torch.manual_seed(0)
            labels = {"num_labels": 3} if "Classification" in purpose else {}
            model = getattr(transformers, stem + purpose)(getattr(transformers, f"{stem}Config")(**settings, **labels))
            for parameter in model.parameters():
                nn.init.normal_(parameter, std=0.3)
            folder = tmp_path_factory.mktemp(family + purpose)
            model.save_pretrained(folder)
            made[family, purpose] = Case(folder, model.eval().double())
        return made[family, purpose]

    return make


@pytest.fixture
def batch() -> TokenBatch:
    torch.manual_seed(1)
    return pack([torch.randint(5, 50, (length,)).tolist() for length in LENGTHS])


def segments(family: str, batch: TokenBatch) -> Tensor | None:
    return torch.arange(len(batch.ids)) % 2 if family in ("bert", "albert") else None


@torch.no_grad()
def theirs(model: nn.Module, batch: TokenBatch, types: Tensor | None) -> dict[str, Tensor]:
    """What transformers says of the padded batch, by our names of its heads."""
    ids, mask = batch.padded(fill=1)
    padded_types = {} if types is None else {"token_type_ids": pad(types, batch.lengths)}
    found = model(input_ids=ids, attention_mask=mask.long(), **padded_types, output_hidden_states=True)
    said = {"hidden": found.hidden_states[-1][mask]}
    if getattr(found, "pooler_output", None) is not None:
        said["pooled"] = found.pooler_output
    for name in ("prediction_logits", "logits"):
        if hasattr(found, name):
            purpose = type(model).__name__
            ours = "tags" if "Token" in purpose else "classes" if "Sequence" in purpose else "masked"
            logits = getattr(found, name)
            ours = "next" if "LMHead" in purpose else ours
            said[ours] = logits if ours == "classes" else logits[mask]
    for name in ("seq_relationship_logits", "sop_logits"):
        if hasattr(found, name):
            said["order"] = getattr(found, name)
    if hasattr(found, "start_logits"):
        said["span"] = torch.stack([found.start_logits, found.end_logits], -1)[mask]
    return said


def furthest(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    """The largest difference of anything that both say."""
    return max(float((one[name].double() - other[name].double()).abs().max()) for name in one.keys() & other.keys())


def same(one: Published, other: Published) -> bool:
    mine, its = one.state_dict(), other.state_dict()
    return mine.keys() == its.keys() and all(torch.equal(mine[name], its[name]) for name in mine)


def test_every_format_is_compared():
    assert CONFIGS.keys() == FORMATS.keys()


@torch.no_grad()
@pytest.mark.parametrize("family, purpose", CASES)
def test_all_that_a_model_says_equals_transformers(family: str, purpose: str, published, batch: TokenBatch):
    case = published(family, purpose)
    types = segments(family, batch)
    expected = theirs(case.model, batch, types)
    found = read_published(case.folder).double()(batch, types=types)
    assert expected.keys() <= found.keys(), "a head of the file is not read"
    assert furthest(found, expected) < 1e-9


@torch.no_grad()
@pytest.mark.parametrize("family, purpose", CASES)
def test_in_single_precision_it_rounds_as_the_original_does(family: str, purpose: str, published, batch: TokenBatch):
    case = published(family, purpose)
    types = segments(family, batch)
    exact = theirs(case.model, batch, types)
    rounded = theirs(case.model.float(), batch, types)
    case.model.double()
    assert furthest(read_published(case.folder)(batch, types=types), exact) < 4 * furthest(rounded, exact)


@torch.no_grad()
@pytest.mark.parametrize("family, purpose", CASES)
def test_what_is_written_is_read_by_transformers(
    family: str, purpose: str, published, transformers, batch: TokenBatch, tmp_path: Path
):
    case = published(family, purpose)
    write_published(read_published(case.folder), tmp_path)
    read, told = type(case.model).from_pretrained(tmp_path, output_loading_info=True)
    assert not any(told.values()), told
    types = segments(family, batch)
    assert furthest(theirs(read.eval().double(), batch, types), theirs(case.model, batch, types)) == 0
    assert read.config.id2label == case.model.config.id2label
    assert same(read_published(tmp_path), read_published(case.folder))


@torch.no_grad()
@pytest.mark.parametrize("family", CONFIGS)
def test_attention_maps_equal_those_of_transformers(family: str, published, batch: TokenBatch):
    case = published(family, "Model")
    case.model.set_attn_implementation("eager")
    ids, mask = batch.padded(fill=1)
    expected = case.model(input_ids=ids, attention_mask=mask.long(), output_attentions=True).attentions
    core = read_published(case.folder).double().core
    for layer, padded in enumerate(expected):
        for row, (text, length) in enumerate(zip(core.maps(batch, layer=layer), LENGTHS, strict=True)):
            assert (text - padded[row, :, :length, :length]).abs().max() < 1e-9
    case.model.set_attn_implementation("sdpa")


MISTAKES = {
    "another activation": lambda core: {"activation": "gelu" if core.activation == "gelu_tanh" else "gelu_tanh"},
    "another epsilon": lambda core: {"eps": 1e-5 if core.eps < 1e-6 else 1e-12},
    "the norm elsewhere": lambda core: {"norm": "pre" if core.norm == "post" else "post"},
    "the future hidden or seen": lambda core: {"causal": not core.causal},
    "other heads": lambda core: {"heads": 2},
    "positions one further": lambda core: {"position_offset": core.position_offset + 1},
    "a layer less": lambda core: {"layers": 2},
}


@torch.no_grad()
@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("family", CONFIGS)
def test_a_planted_mistake_is_seen(family: str, mistake: str, published, batch: TokenBatch):
    case = published(family, "Model")
    right = read_published(case.folder).core
    wrong = Core(msgspec.structs.replace(right.config, **MISTAKES[mistake](right.config))).double().eval()
    wrong.load_state_dict(right.state_dict(), strict=False)
    types = segments(family, batch)
    expected = theirs(case.model, batch, types)["hidden"]
    assert (wrong(batch, types=types) - expected).abs().max() > 1e-7


@torch.no_grad()
@pytest.mark.parametrize("family", ["bert", "albert"])
def test_a_wrong_segment_is_seen(family: str, published, batch: TokenBatch):
    case = published(family, "Model")
    expected = theirs(case.model, batch, segments(family, batch))["hidden"]
    assert (read_published(case.folder).double().core(batch) - expected).abs().max() > 1e-6


@torch.no_grad()
@pytest.mark.parametrize("family", ["bert", "roberta", "albert", "distilbert"])
def test_a_forgotten_mask_is_seen(family: str, published, batch: TokenBatch):
    case = published(family, "Model")
    ids, mask = batch.padded(fill=1)
    unmasked = case.model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state[mask]
    assert (read_published(case.folder).double().core(batch) - unmasked).abs().max() > 1e-6


@torch.no_grad()
@pytest.mark.parametrize("family, purpose", [case for case in CASES if case[1] == "ForSequenceClassification"])
def test_another_pooling_is_seen(family: str, purpose: str, published, batch: TokenBatch):
    case = published(family, purpose)
    model = read_published(case.folder).double()
    expected = theirs(case.model, batch, segments(family, batch))["classes"]
    pooling = {"tanh": "relu", "relu": "tanh", "none": "none"}[model.config.pooling]
    wrong = Published(msgspec.structs.replace(model.config, pooling=pooling)).double().eval()
    wrong.load_state_dict(model.state_dict())
    if pooling == "none":  # of a decoder, its last state
        first = wrong.classes(wrong.core(batch)[[0, 9, 15, 21]])
        assert (first - expected).abs().max() > 1e-6
    else:
        assert (wrong(batch, types=segments(family, batch))["classes"] - expected).abs().max() > 1e-6


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
