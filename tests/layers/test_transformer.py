"""The core by its own properties, and its attention against torch's module; families are compared in models/formats."""

import msgspec
import pytest
import torch
from torch import Tensor, nn

from headwork.attention.record import record
from headwork.base.errors import HeadworkError
from headwork.layers.transformer import Block, Core, CoreConfig, Embeddings, SelfAttention
from headwork.ops.linear import for_inference
from headwork.ops.packed import TokenBatch, pack, places_of

SMALL = CoreConfig(vocabulary=50, dim=24, layers=3, heads=4, ff=40, positions=16)
VARIANTS = {
    "bert": {},
    "gpt2": {"norm": "pre", "causal": True, "embedding_norm": False, "types": 0, "activation": "gelu_tanh"},
    "albert": {"embedding_dim": 8, "shared": True},
    "roberta": {"position_offset": 2, "types": 1},
    "relu": {"activation": "relu", "norm": "pre"},
}


def config_of(variant: str, **changes) -> CoreConfig:
    return msgspec.structs.replace(SMALL, **VARIANTS[variant], **changes)


def random_core(config: CoreConfig) -> Core:
    """Weights far from their start, norms and biases included, so that no term is lost in a comparison."""
    torch.manual_seed(0)
    core = Core(config).double().eval()
    for parameter in core.parameters():
        nn.init.normal_(parameter, std=0.3)
    return core


@pytest.fixture
def batch() -> TokenBatch:
    torch.manual_seed(1)
    return pack([torch.randint(1, 50, (length,)).tolist() for length in (9, 4, 4, 0, 1, 13)])


def singly(core: Core, batch: TokenBatch) -> Tensor:
    return torch.cat([core(pack([text.tolist()])) for text in batch.ids.split(batch.lengths) if len(text)])


@pytest.mark.row("TR01")
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("dtype, tolerance", [(torch.float64, 1e-12), (torch.float32, 1e-5)])
def test_attention_equals_torchs_module(causal: bool, dtype: torch.dtype, tolerance: float):
    torch.manual_seed(0)
    ours = SelfAttention(config_of("bert", causal=causal)).to(dtype).eval()
    theirs = nn.MultiheadAttention(24, 4, batch_first=True, dtype=dtype).eval()
    for parameter in theirs.parameters():
        nn.init.normal_(parameter, std=0.2)
    ours.load_state_dict(
        {
            "qkv.weight": theirs.in_proj_weight,
            "qkv.bias": theirs.in_proj_bias,
            "out.weight": theirs.out_proj.weight,
            "out.bias": theirs.out_proj.bias,
        }
    )
    lengths = (7, 3, 3, 11)
    x = torch.randn(sum(lengths), 24, dtype=dtype)
    with record(ours) as tape:
        mixed = ours(x, lengths)
    maps = [tape.map(0, text=text) for text in range(len(lengths))]
    for text, found, shares in zip(x.split(lengths), mixed.split(lengths), maps, strict=True):
        later = torch.ones(len(text), len(text), dtype=torch.bool).triu(1) if causal else None
        expected, expected_shares = theirs(
            text[None], text[None], text[None], attn_mask=later, average_attn_weights=False
        )
        assert (found - expected[0]).abs().max() < tolerance
        assert (shares - expected_shares[0]).abs().max() < tolerance


@pytest.mark.row("TR06")
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_batch_equals_its_texts(variant: str, batch: TokenBatch):
    core = random_core(config_of(variant))
    assert (core(batch) - singly(core, batch)).abs().max() < 1e-12


@pytest.mark.row("TR06")
@pytest.mark.parametrize("variant", VARIANTS)
def test_what_a_changed_token_reaches(variant: str, batch: TokenBatch):
    core = random_core(config_of(variant))
    ids = batch.ids.clone()
    ids[11] = (ids[11] + 1) % 50  # the third token of the second text, which is tokens 9 to 12
    moved = (core(batch) - core(TokenBatch(ids, batch.lengths))).abs().amax(1) > 1e-9
    reached = torch.zeros(len(ids), dtype=torch.bool)
    reached[11 if core.config.causal else 9 : 13] = True
    assert torch.equal(moved, reached)


@pytest.mark.row("BE02")
def test_embeddings_are_a_sum_of_three(batch: TokenBatch):
    torch.manual_seed(0)
    embeddings = Embeddings(config_of("bert", embedding_norm=False)).double().eval()
    types = torch.randint(0, 2, batch.ids.shape)
    whole = embeddings(batch, types)
    assert whole.shape == (len(batch.ids), 24)
    parts = [
        embeddings.tokens.weight[batch.ids],
        embeddings.positions.weight[places_of(batch.lengths)],
        embeddings.types.weight[types],
    ]
    assert torch.allclose(whole, sum(parts), atol=1e-14)
    for table, part in zip((embeddings.tokens, embeddings.positions, embeddings.types), parts, strict=True):
        kept = table.weight.detach().clone()
        nn.init.zeros_(table.weight)
        assert torch.allclose(embeddings(batch, types), whole - part, atol=1e-14)
        table.weight.data.copy_(kept)


@pytest.mark.row("BE02")
def test_segment_0_is_meant_when_none_is_given(batch: TokenBatch):
    core = random_core(SMALL)
    assert torch.equal(core(batch), core(batch, types=torch.zeros_like(batch.ids)))
    assert not torch.allclose(core(batch), core(batch, types=torch.ones_like(batch.ids)))


@pytest.mark.parametrize("variant", VARIANTS)
def test_hidden_states_and_maps_have_one_entry_a_layer(variant: str, batch: TokenBatch):
    core = random_core(config_of(variant))
    states, maps = list(core.hidden_states(batch)), [core.maps(batch, layer=i) for i in range(3)]
    assert len(states) == 4
    assert all(torch.equal(*pair) for pair in zip(core.maps(batch), maps[2], strict=True))
    assert torch.equal(core.norm(states[-1]), core(batch))
    for layer in maps:
        assert [tuple(text.shape) for text in layer] == [(4, n, n) for n in batch.lengths if n]
        assert all((text >= 0).all() and torch.allclose(text.sum(-1), torch.ones(()).double()) for text in layer)
        assert not core.config.causal or all((text.triu(1) == 0).all() for text in layer)


def test_maps_are_those_that_mixed_the_values(batch: TokenBatch):
    core = random_core(config_of("bert"))
    for layer, (block, x) in enumerate(zip(core.layers, core.hidden_states(batch), strict=False)):
        maps = core.maps(batch, layer=layer)
        values = block.attention.qkv(x)[:, 48:].unflatten(1, (4, 6)).split([n for n in batch.lengths if n])
        mixed = [torch.einsum("hqk,khd->qhd", m, v).flatten(1) for m, v in zip(maps, values, strict=True)]
        assert torch.allclose(block.attention.out(torch.cat(mixed)), block.attention(x, batch.lengths), atol=1e-12)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_copy_for_inference_agrees(variant: str, batch: TokenBatch):
    core = random_core(config_of(variant)).float()
    plain = core(batch)
    assert torch.allclose(for_inference(core)(batch), plain, atol=2e-5)
    assert torch.allclose(for_inference(core, torch.bfloat16)(batch).float(), plain, atol=0.2, rtol=0.05)


def test_first_weights_are_narrow_and_biases_zero():
    core = Core(config_of("bert", vocabulary=2000))
    for name, parameter in core.named_parameters():
        if parameter.dim() > 1 and parameter.numel() > 500:
            assert abs(parameter.std() - 0.02) < 0.002, name
        elif name.endswith("bias"):
            assert not parameter.any(), name


def test_shared_layers_are_one_block():
    shared, own = Core(config_of("albert")), Core(config_of("bert"))
    assert len(shared.layers) == len(own.layers) == 3
    assert len(set(map(id, shared.layers))) == 1
    assert sum(isinstance(module, Block) for module in shared.modules()) == 1


def test_gradients(batch: TokenBatch):
    core = random_core(config_of("bert", layers=1))
    weight = core.blocks[0].attention.qkv.weight

    def loss(tensor: Tensor) -> Tensor:
        with torch.no_grad():
            weight.copy_(tensor)
        return core(batch).square().sum()

    core.zero_grad()
    start = weight.detach().clone()
    loss(start).backward()
    step = torch.randn_like(start) * 1e-5
    with torch.no_grad():
        slope = (loss(start + step) - loss(start - step)) / 2
    assert torch.allclose(slope, (weight.grad * step).sum(), rtol=1e-5)


def test_dropout_in_training_only(batch: TokenBatch):
    core = Core(SMALL)
    assert torch.equal(core.eval()(batch), core(batch))
    assert not torch.equal(core.train()(batch), core(batch))
    still = Core(msgspec.structs.replace(SMALL, dropout=0.0))
    assert torch.equal(still.train()(batch), still(batch))
    assert not torch.equal(
        (heads := Core(msgspec.structs.replace(SMALL, dropout=0.0, attention_dropout=0.5)))(batch), heads(batch)
    )


def test_no_tokens():
    core = random_core(SMALL)
    assert core(pack([[], []])).shape == (0, 24)
    assert for_inference(core.float())(pack([[]])).shape == (0, 24)


def test_too_long_a_text_is_refused():
    core = Core(SMALL)
    core(pack([[1] * 16]))
    with pytest.raises(HeadworkError, match=r"17 tokens.* 16 positions"):
        core(pack([[1] * 17]))
    with pytest.raises(HeadworkError, match=r"15 tokens.* 14 positions"):
        Core(config_of("roberta"))(pack([[1] * 15]))


@pytest.mark.parametrize("settings", [{"dim": 30, "heads": 4}, {"dim": 30, "heads": 0}])
def test_heads_must_divide_the_width(settings: dict):
    with pytest.raises(ValueError, match="heads must divide"):
        CoreConfig(vocabulary=5, **settings)
