"""Published layouts: random models of transformers, written by its save_pretrained, must give its own outputs, and
what headwork writes must give them in transformers."""

from pathlib import Path

import msgspec
import pytest
import torch
from tests.published import CASES, CONFIGS, OF_PICTURES, in_rows, precisely, same
from torch import Tensor, nn

from headwork.layers.transformer import Core
from headwork.models.formats import FORMATS, read_published, write_published
from headwork.models.published import Published
from headwork.ops.packed import TokenBatch, pack

LENGTHS = (9, 6, 6, 1)


@pytest.fixture
def batch() -> TokenBatch:
    torch.manual_seed(1)
    return pack([torch.randint(5, 50, (length,)).tolist() for length in LENGTHS])


def segments(family: str, batch: TokenBatch) -> Tensor | None:
    return torch.arange(len(batch.ids)) % 2 if family in ("bert", "albert", "xlnet") else None


@torch.no_grad()
def theirs(model: nn.Module, batch: TokenBatch, types: Tensor | None) -> dict[str, Tensor]:
    """What transformers says of the padded batch, by our names of its heads."""
    ids, mask = in_rows(model, batch.ids, batch.lengths)
    padded_types = {} if types is None else {"token_type_ids": in_rows(model, types, batch.lengths)[0]}
    with precisely(model):
        found = model(input_ids=ids, attention_mask=mask.long(), **padded_types, output_hidden_states=True)
    said = {"hidden": found.hidden_states[-1][mask]}
    if getattr(found, "pooler_output", None) is not None:
        said["pooled"] = found.pooler_output
    for name in ("prediction_logits", "logits"):
        if hasattr(found, name):
            purpose = type(model).__name__
            ours = "tags" if "Token" in purpose else "classes" if "Sequence" in purpose else "masked"
            logits = getattr(found, name)
            ours = "next" if "GPT2LMHead" in purpose else ours
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


def test_every_format_is_compared():
    assert CONFIGS.keys() | OF_PICTURES.keys() == FORMATS.keys()


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
    ids, mask = in_rows(case.model, batch.ids, batch.lengths)
    with precisely(case.model):
        expected = case.model(input_ids=ids, attention_mask=mask.long(), output_attentions=True).attentions
    core = read_published(case.folder).double().core
    for layer, padded in enumerate(expected):
        for text, rows, there in zip(core.maps(batch, layer=layer), padded, mask, strict=True):
            assert (text - rows[:, there][:, :, there]).abs().max() < 1e-9
    case.model.set_attn_implementation("sdpa")


MISTAKES = {
    "another activation": lambda core: {"activation": "gelu" if core.activation == "gelu_tanh" else "gelu_tanh"},
    "another epsilon": lambda core: {"eps": 1e-5 if core.eps < 1e-6 else 1e-12},
    "the norm elsewhere": lambda core: {"norm": "pre" if core.norm == "post" else "post", "two_streams": False},
    "the future hidden or seen": lambda core: {"causal": not core.causal, "two_streams": False},
    "other heads": lambda core: {"heads": 2},
    "positions one further": lambda core: {"position_offset": core.position_offset + 1},
    "a layer less": lambda core: {"layers": 2},
}
IMPOSSIBLE = {("xlnet", "positions one further"), ("xlnet", "other heads")}
"""it has no table of positions, and its file says the heads; mistakes of its own are in test_xlnet"""


@torch.no_grad()
@pytest.mark.parametrize(
    "family, mistake",
    [(family, mistake) for family in CONFIGS for mistake in MISTAKES if (family, mistake) not in IMPOSSIBLE],
)
def test_a_planted_mistake_is_seen(family: str, mistake: str, published, batch: TokenBatch):
    case = published(family, "Model")
    right = read_published(case.folder).core
    wrong = Core(msgspec.structs.replace(right.config, **MISTAKES[mistake](right.config))).double().eval()
    wrong.load_state_dict(right.state_dict(), strict=False)
    types = segments(family, batch)
    expected = theirs(case.model, batch, types)["hidden"]
    assert (wrong(batch, types=types) - expected).abs().max() > 1e-7


@torch.no_grad()
@pytest.mark.parametrize("family", ["bert", "albert", "xlnet"])
def test_a_wrong_segment_is_seen(family: str, published, batch: TokenBatch):
    case = published(family, "Model")
    expected = theirs(case.model, batch, segments(family, batch))["hidden"]
    assert (read_published(case.folder).double().core(batch) - expected).abs().max() > 1e-6


@torch.no_grad()
@pytest.mark.parametrize("family", ["bert", "roberta", "albert", "distilbert", "xlnet"])
def test_a_forgotten_mask_is_seen(family: str, published, batch: TokenBatch):
    case = published(family, "Model")
    ids, mask = in_rows(case.model, batch.ids, batch.lengths)
    unmasked = case.model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state[mask]
    assert (read_published(case.folder).double().core(batch) - unmasked).abs().max() > 1e-6


@torch.no_grad()
@pytest.mark.parametrize("family, purpose", [case for case in CASES if case[1] == "ForSequenceClassification"])
def test_another_pooling_is_seen(family: str, purpose: str, published, batch: TokenBatch):
    case = published(family, purpose)
    model = read_published(case.folder).double()
    expected = theirs(case.model, batch, segments(family, batch))["classes"]
    pooler = {"tanh": "relu", "relu": "tanh", "none": "none"}[model.config.pooler]
    wrong = Published(msgspec.structs.replace(model.config, pooler=pooler)).double().eval()
    wrong.load_state_dict(model.state_dict())
    if pooler == "none":  # of a decoder, its last state
        first = wrong.classes(wrong.core(batch)[[0, 9, 15, 21]])
        assert (first - expected).abs().max() > 1e-6
    else:
        assert (wrong(batch, types=segments(family, batch))["classes"] - expected).abs().max() > 1e-6
