"""The Transformer against torch.nn.Transformer with copied weights."""

import pytest
import torch
from tests.models.translators import translator
from torch import nn

from headwork.ops.packed import pack

SOURCES = [[5, 6, 7, 8, 3], [9, 4, 5, 6, 3]]
TARGETS = [[2, 10, 11, 12], [2, 5, 6, 7]]


@pytest.mark.row("TR02")
@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_it_is_torchs_transformer(activation: str) -> None:
    model = translator("transformer", f"activation={activation}").eval()
    config = model.config
    oracle = nn.Transformer(
        config.dim, config.heads, config.layers, config.layers, config.ff, dropout=0.0, activation=activation,
        batch_first=True, norm_first=True,
    ).double().eval()  # fmt: skip
    with torch.no_grad():
        for ours, theirs in zip(model.encoder.blocks, oracle.encoder.layers, strict=True):
            copy_block(ours, theirs, theirs.norm2)
        for ours, theirs in zip(model.decoder.blocks, oracle.decoder.layers, strict=True):
            copy_block(ours.block, theirs, theirs.norm3)
            weights = [ours.cross.query.weight, ours.cross.pairs.weight]
            theirs.multihead_attn.in_proj_weight.copy_(torch.cat(weights))
            theirs.multihead_attn.in_proj_bias.copy_(torch.cat([ours.cross.query.bias, ours.cross.pairs.bias]))
            theirs.multihead_attn.out_proj.load_state_dict(ours.cross.out.state_dict())
            theirs.norm2.load_state_dict(ours.cross_norm.state_dict())
        oracle.encoder.norm.load_state_dict(model.encoder.norm.state_dict())
        oracle.decoder.norm.load_state_dict(model.decoder.norm.state_dict())
        source, target = torch.tensor(SOURCES), torch.tensor(TARGETS)
        places = model.encoder.embeddings.positions.weight
        embedded = [model.table(ids) * config.dim**0.5 + places[: ids.shape[1]] for ids in (source, target)]
        mask = nn.Transformer.generate_square_subsequent_mask(target.shape[1], dtype=torch.float64)
        expected = oracle(*embedded, tgt_mask=mask, tgt_is_causal=True) @ model.table.weight.T + model.bias
        found = model(pack(SOURCES), pack(TARGETS)).unflatten(0, target.shape)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)


def copy_block(ours, theirs, last_norm: nn.LayerNorm) -> None:
    theirs.self_attn.in_proj_weight.copy_(ours.attention.qkv.weight)
    theirs.self_attn.in_proj_bias.copy_(ours.attention.qkv.bias)
    theirs.self_attn.out_proj.load_state_dict(ours.attention.out.state_dict())
    theirs.norm1.load_state_dict(ours.attention_norm.state_dict())
    last_norm.load_state_dict(ours.ff_norm.state_dict())
    theirs.linear1.load_state_dict(ours.widen.state_dict())
    theirs.linear2.load_state_dict(ours.narrow.state_dict())


@pytest.mark.row("TR07")
def test_one_table_serves_source_target_and_output() -> None:
    model = translator("transformer")
    tables = [name for name, value in model.named_parameters() if value.shape[0] == 30 and value.dim() == 2]
    assert tables == ["encoder.embeddings.tokens.weight"]
    before = model(pack(SOURCES), pack(TARGETS))
    with torch.no_grad():
        model.decoder.embeddings.tokens.weight[25, 0] += 1.0
    assert not torch.allclose(before[:, 25], model(pack(SOURCES), pack(TARGETS))[:, 25])
