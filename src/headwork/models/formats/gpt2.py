"""GPT-2 (Radford et al. 2019): pre-norm, causal; its files keep linear weights transposed."""

from typing import ClassVar, Self

import msgspec

from headwork.layers.transformer import CoreConfig
from headwork.models.formats.table import ACTIVATIONS, Published, Table, published_name, weight, weight_and_bias

STEM = "GPT2"
PURPOSES = {frozenset(): "LMHeadModel"}


class Settings(msgspec.Struct, frozen=True):
    """What config.json says of the architecture."""

    POOLER: ClassVar[str] = "none"
    POOLING: ClassVar[str] = "last"

    vocab_size: int
    n_embd: int
    n_layer: int
    n_head: int
    n_positions: int
    n_inner: int | None = None
    activation_function: Published = "gelu_new"
    layer_norm_epsilon: float = 1e-5

    def core(self) -> CoreConfig:
        return CoreConfig(
            vocabulary=self.vocab_size,
            dim=self.n_embd,
            layers=self.n_layer,
            heads=self.n_head,
            ff=self.n_inner or 4 * self.n_embd,
            positions=self.n_positions,
            types=0,
            embedding_norm=False,
            norm="pre",
            causal=True,
            activation=ACTIVATIONS[self.activation_function],
            eps=self.layer_norm_epsilon,
        )

    @classmethod
    def of(cls, core: CoreConfig) -> Self:
        return cls(
            vocab_size=core.vocabulary,
            n_embd=core.dim,
            n_layer=core.layers,
            n_head=core.heads,
            n_positions=core.positions,
            n_inner=core.ff,
            activation_function=published_name(core.activation),
            layer_norm_epsilon=core.eps,
        )


def table(core: CoreConfig) -> Table:
    body = [
        weight("wte", "core.embeddings.tokens"),
        weight("wpe", "core.embeddings.positions"),
        *weight_and_bias("ln_f", "core.norm"),
    ]
    for i in range(core.layers):
        theirs, ours = f"h.{i}", f"core.blocks.{i}"
        body += weight_and_bias(f"{theirs}.attn.c_attn", f"{ours}.attention.qkv", transposed=True)
        body += weight_and_bias(f"{theirs}.attn.c_proj", f"{ours}.attention.out", transposed=True)
        body += weight_and_bias(f"{theirs}.ln_1", f"{ours}.attention_norm")
        body += weight_and_bias(f"{theirs}.mlp.c_fc", f"{ours}.widen", transposed=True)
        body += weight_and_bias(f"{theirs}.mlp.c_proj", f"{ours}.narrow", transposed=True)
        body += weight_and_bias(f"{theirs}.ln_2", f"{ours}.ff_norm")
    return Table(
        prefix="transformer.",
        own=("wte.", "wpe.", "h.", "ln_f."),
        body=body,
        heads={
            "classes": [weight("score", "classes")],
            "tags": weight_and_bias("classifier", "tags"),
            "span": weight_and_bias("qa_outputs", "span"),
        },
        tied={"lm_head.weight": "core.embeddings.tokens.weight"},
        constant=(".attn.bias", ".attn.masked_bias"),  # the files of 2019 carry their causal masks
    )
