"""DistilBERT (Sanh et al. 2019): BERT without segments."""

from typing import ClassVar, Self

import msgspec

from headwork.layers.transformer import CoreConfig
from headwork.models.formats.table import (
    ACTIVATIONS,
    Published,
    Rename,
    Table,
    published_name,
    weight,
    weight_and_bias,
)

STEM = "DistilBert"


class Settings(msgspec.Struct, frozen=True):
    """What config.json says of the architecture."""

    POOLER: ClassVar[str] = "relu"
    POOLING: ClassVar[str] = "cls"

    vocab_size: int
    dim: int
    n_layers: int
    n_heads: int
    hidden_dim: int
    max_position_embeddings: int
    activation: Published = "gelu"

    def core(self) -> CoreConfig:
        return CoreConfig(
            vocabulary=self.vocab_size,
            dim=self.dim,
            layers=self.n_layers,
            heads=self.n_heads,
            ff=self.hidden_dim,
            positions=self.max_position_embeddings,
            types=0,
            activation=ACTIVATIONS[self.activation],
        )

    @classmethod
    def of(cls, core: CoreConfig) -> Self:
        return cls(
            vocab_size=core.vocabulary,
            dim=core.dim,
            n_layers=core.layers,
            n_heads=core.heads,
            hidden_dim=core.ff,
            max_position_embeddings=core.positions,
            activation=published_name(core.activation),
        )


def table(core: CoreConfig) -> Table:
    body = [
        weight("embeddings.word_embeddings", "core.embeddings.tokens"),
        weight("embeddings.position_embeddings", "core.embeddings.positions"),
        *weight_and_bias("embeddings.LayerNorm", "core.embeddings.norm"),
    ]
    for i in range(core.layers):
        theirs, ours = f"transformer.layer.{i}", f"core.blocks.{i}"
        qkv = " ".join(f"{theirs}.attention.{name}_lin" for name in "qkv")
        body += weight_and_bias(qkv, f"{ours}.attention.qkv")
        body += weight_and_bias(f"{theirs}.attention.out_lin", f"{ours}.attention.out")
        body += weight_and_bias(f"{theirs}.sa_layer_norm", f"{ours}.attention_norm")
        body += weight_and_bias(f"{theirs}.ffn.lin1", f"{ours}.widen")
        body += weight_and_bias(f"{theirs}.ffn.lin2", f"{ours}.narrow")
        body += weight_and_bias(f"{theirs}.output_layer_norm", f"{ours}.ff_norm")
    masked = [
        *weight_and_bias("vocab_transform", "masked.dense"),
        *weight_and_bias("vocab_layer_norm", "masked.norm"),
        Rename(("vocab_projector.bias",), "masked.bias"),
    ]
    return Table(
        prefix="distilbert.",
        own=("embeddings.", "transformer."),
        body=body,
        heads={
            "classes": [*weight_and_bias("pre_classifier", "pooler"), *weight_and_bias("classifier", "classes")],
            "masked": masked,
            "tags": weight_and_bias("classifier", "tags"),
            "span": weight_and_bias("qa_outputs", "span"),
        },
        tied={"vocab_projector.weight": "core.embeddings.tokens.weight"},
    )
