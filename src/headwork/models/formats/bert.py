"""BERT (Devlin et al. 2019), as transformers and sentence-transformers publish it."""

from typing import ClassVar, Literal, Self

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

STEM = "Bert"
"""of the names of its classes in config.json"""


class Settings(msgspec.Struct, frozen=True):
    """What config.json says of the architecture."""

    POOLER: ClassVar[Literal["tanh"]] = "tanh"
    POOLING: ClassVar[str] = "cls"

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    type_vocab_size: int = 2
    hidden_act: Published = "gelu"
    layer_norm_eps: float = 1e-12

    def core(self) -> CoreConfig:
        return CoreConfig(
            vocabulary=self.vocab_size,
            dim=self.hidden_size,
            layers=self.num_hidden_layers,
            heads=self.num_attention_heads,
            ff=self.intermediate_size,
            positions=self.max_position_embeddings,
            types=self.type_vocab_size,
            activation=ACTIVATIONS[self.hidden_act],
            eps=self.layer_norm_eps,
        )

    @classmethod
    def of(cls, core: CoreConfig, **others) -> Self:
        """What to write for `core`; ValueError where the family has no such."""
        if not core.types:
            raise ValueError(f"{STEM} has kinds of segments")
        return cls(
            vocab_size=core.vocabulary,
            hidden_size=core.dim,
            num_hidden_layers=core.layers,
            num_attention_heads=core.heads,
            intermediate_size=core.ff,
            max_position_embeddings=core.positions,
            type_vocab_size=core.types,
            hidden_act=published_name(core.activation),
            layer_norm_eps=core.eps,
            **others,
        )


def embeddings() -> list[Rename]:
    return [
        weight("embeddings.word_embeddings", "core.embeddings.tokens"),
        weight("embeddings.position_embeddings", "core.embeddings.positions"),
        weight("embeddings.token_type_embeddings", "core.embeddings.types"),
        *weight_and_bias("embeddings.LayerNorm", "core.embeddings.norm"),
    ]


def layers(core: CoreConfig) -> list[Rename]:
    renames = []
    for i in range(core.layers):
        theirs, ours = f"encoder.layer.{i}", f"core.blocks.{i}"
        qkv = " ".join(f"{theirs}.attention.self.{name}" for name in ("query", "key", "value"))
        renames += weight_and_bias(qkv, f"{ours}.attention.qkv")
        renames += weight_and_bias(f"{theirs}.attention.output.dense", f"{ours}.attention.out")
        renames += weight_and_bias(f"{theirs}.attention.output.LayerNorm", f"{ours}.attention_norm")
        renames += weight_and_bias(f"{theirs}.intermediate.dense", f"{ours}.widen")
        renames += weight_and_bias(f"{theirs}.output.dense", f"{ours}.narrow")
        renames += weight_and_bias(f"{theirs}.output.LayerNorm", f"{ours}.ff_norm")
    return renames


def table(core: CoreConfig) -> Table:
    masked = [
        *weight_and_bias("cls.predictions.transform.dense", "masked.dense"),
        *weight_and_bias("cls.predictions.transform.LayerNorm", "masked.norm"),
        Rename(("cls.predictions.bias",), "masked.bias"),
    ]
    return Table(
        prefix="bert.",
        own=("embeddings.", "encoder.", "pooler."),
        body=[*embeddings(), *layers(core)],
        heads={
            "pooler": weight_and_bias("pooler.dense", "pooler"),
            "masked": masked,
            "order": weight_and_bias("cls.seq_relationship", "order"),
            "classes": weight_and_bias("classifier", "classes"),
            "tags": weight_and_bias("classifier", "tags"),
            "span": weight_and_bias("qa_outputs", "span"),
        },
        tied={
            "cls.predictions.decoder.weight": "core.embeddings.tokens.weight",
            "cls.predictions.decoder.bias": "masked.bias",
        },
        constant=("embeddings.position_ids",),
    )
