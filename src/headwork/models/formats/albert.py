"""ALBERT (Lan et al. 2020): narrow embeddings, and one block for all layers."""

from typing import Self

import msgspec

from headwork.layers.transformer import CoreConfig
from headwork.models.formats import bert
from headwork.models.formats.table import Published, Rename, Table, weight_and_bias

STEM = "Albert"


class Settings(bert.Settings, frozen=True, kw_only=True):
    """What config.json says of the architecture."""

    embedding_size: int
    hidden_act: Published = "gelu_new"

    def core(self) -> CoreConfig:
        return msgspec.structs.replace(super().core(), embedding_dim=self.embedding_size, shared=True)

    @classmethod
    def of(cls, core: CoreConfig, **others) -> Self:
        if core.embedding_dim is None:
            raise ValueError("Albert has narrow embeddings")
        return super().of(core, embedding_size=core.embedding_dim, **others)


def table(core: CoreConfig) -> Table:
    theirs, ours = "encoder.albert_layer_groups.0.albert_layers.0", "core.blocks.0"
    qkv = " ".join(f"{theirs}.attention.{name}" for name in ("query", "key", "value"))
    block = [
        *weight_and_bias("encoder.embedding_hidden_mapping_in", "core.embeddings.widen"),
        *weight_and_bias(qkv, f"{ours}.attention.qkv"),
        *weight_and_bias(f"{theirs}.attention.dense", f"{ours}.attention.out"),
        *weight_and_bias(f"{theirs}.attention.LayerNorm", f"{ours}.attention_norm"),
        *weight_and_bias(f"{theirs}.ffn", f"{ours}.widen"),
        *weight_and_bias(f"{theirs}.ffn_output", f"{ours}.narrow"),
        *weight_and_bias(f"{theirs}.full_layer_layer_norm", f"{ours}.ff_norm"),
    ]
    masked = [
        *weight_and_bias("predictions.dense", "masked.dense"),
        *weight_and_bias("predictions.LayerNorm", "masked.norm"),
        Rename(("predictions.bias",), "masked.bias"),
    ]
    return Table(
        prefix="albert.",
        own=("embeddings.", "encoder.", "pooler."),
        body=[*bert.embeddings(), *block],
        heads={
            "pooler": weight_and_bias("pooler", "pooler"),
            "masked": masked,
            "order": weight_and_bias("sop_classifier.classifier", "order"),
            "classes": weight_and_bias("classifier", "classes"),
            "tags": weight_and_bias("classifier", "tags"),
            "span": weight_and_bias("qa_outputs", "span"),
        },
        tied={"predictions.decoder.weight": "core.embeddings.tokens.weight", "predictions.decoder.bias": "masked.bias"},
        constant=("embeddings.position_ids",),
    )
