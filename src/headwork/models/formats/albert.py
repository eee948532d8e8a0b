"""ALBERT (Lan et al. 2020): narrow embeddings, and one block for all layers."""

import msgspec

from headwork.layers.transformer import CoreConfig
from headwork.models.formats import bert
from headwork.models.formats.table import Published, Table, weight, weight_and_bias


class Settings(bert.Settings, frozen=True, kw_only=True):
    """What config.json says of the architecture."""

    embedding_size: int
    hidden_act: Published = "gelu_new"

    def core(self) -> CoreConfig:
        return msgspec.structs.replace(super().core(), embedding_dim=self.embedding_size, shared=True)


def table(config: CoreConfig) -> Table:
    theirs, ours = "encoder.albert_layer_groups.0.albert_layers.0", "blocks.0"
    qkv = " ".join(f"{theirs}.attention.{name}" for name in ("query", "key", "value"))
    renames = [
        weight("embeddings.word_embeddings", "embeddings.tokens"),
        weight("embeddings.position_embeddings", "embeddings.positions"),
        weight("embeddings.token_type_embeddings", "embeddings.types"),
        *weight_and_bias("embeddings.LayerNorm", "embeddings.norm"),
        *weight_and_bias("encoder.embedding_hidden_mapping_in", "embeddings.widen"),
        *weight_and_bias(qkv, f"{ours}.attention.qkv"),
        *weight_and_bias(f"{theirs}.attention.dense", f"{ours}.attention.out"),
        *weight_and_bias(f"{theirs}.attention.LayerNorm", f"{ours}.attention_norm"),
        *weight_and_bias(f"{theirs}.ffn", f"{ours}.widen"),
        *weight_and_bias(f"{theirs}.ffn_output", f"{ours}.narrow"),
        *weight_and_bias(f"{theirs}.full_layer_layer_norm", f"{ours}.ff_norm"),
    ]
    heads = ("pooler.", "predictions.", "sop_classifier.", "classifier.", "qa_outputs.", "embeddings.position_ids")
    return Table(renames, heads, lambda name: name.removeprefix("albert."))
