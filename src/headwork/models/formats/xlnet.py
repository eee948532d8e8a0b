"""XLNet (Yang et al. 2019): relative positions and segments, no biases in its attention, and a second stream.

Its files keep the weights of attention by heads, (width of the model, heads, width of a head). Its texts end in <cls>,
whose state stands for them, so that a library that pads puts the padding before them.
"""

from typing import ClassVar, Literal, Self

import msgspec

from headwork.attention.choice import Choice
from headwork.layers.transformer import CoreConfig
from headwork.models.formats.table import (
    ACTIVATIONS,
    Layout,
    Published,
    Rename,
    Table,
    published_name,
    weight,
    weight_and_bias,
)

STEM = "XLNet"
PURPOSES = {
    frozenset({"masked"}): "LMHeadModel",
    frozenset({"span"}): "ForQuestionAnsweringSimple",
}
ATTENTION = Choice(score="scaled_dot", position=("xl",))


class Settings(msgspec.Struct, frozen=True):
    """What config.json says of the architecture; how it was trained there is left out."""

    POOLER: ClassVar[str] = "tanh"
    POOLING: ClassVar[str] = "last"

    vocab_size: int
    d_model: int
    n_layer: int
    n_head: int
    d_inner: int
    ff_activation: Published = "gelu"
    layer_norm_eps: float = 1e-12
    attn_type: Literal["bi"] = "bi"
    clamp_len: Literal[-1] = -1
    bi_data: Literal[False] = False
    summary_type: Literal["last"] = "last"
    summary_use_proj: Literal[True] = True
    summary_activation: Literal["tanh"] = "tanh"

    def core(self) -> CoreConfig:
        return CoreConfig(
            vocabulary=self.vocab_size,
            dim=self.d_model,
            layers=self.n_layer,
            heads=self.n_head,
            ff=self.d_inner,
            types=0,
            embedding_norm=False,
            activation=ACTIVATIONS[self.ff_activation],
            eps=self.layer_norm_eps,
            attention=ATTENTION,
            absolute="none",
            attention_bias=False,
            relative_types=True,
            two_streams=True,
        )

    @classmethod
    def of(cls, core: CoreConfig) -> Self:
        return cls(
            vocab_size=core.vocabulary,
            d_model=core.dim,
            n_layer=core.layers,
            n_head=core.heads,
            d_inner=core.ff,
            ff_activation=published_name(core.activation),
            layer_norm_eps=core.eps,
        )


def table(core: CoreConfig) -> Table:
    width = core.dim // core.heads
    by_head, biases = (core.dim, core.heads, width), (core.heads, width)
    into = Layout(by_head, lambda t: t.flatten(1).T, lambda t: t.T.unflatten(1, biases))
    out_of = Layout(by_head, lambda t: t.flatten(1), lambda t: t.unflatten(1, biases))
    heads_first = Layout(by_head, lambda t: t.transpose(0, 1), lambda t: t.transpose(0, 1))
    kinds = heads_first._replace(shape=(2, *biases))
    bias = Layout(biases, lambda t: t[:, None], lambda t: t[:, 0])
    asked = Layout((1, 1, core.dim), lambda t: t[0, 0], lambda t: t[None, None])
    body = [
        weight("word_embedding", "core.embeddings.tokens"),
        Rename(("mask_emb",), "core.asked", layout=asked),
    ]
    for i in range(core.layers):
        theirs, ours = f"layer.{i}.rel_attn", f"core.blocks.{i}.attention"
        body += [
            Rename(tuple(f"{theirs}.{name}" for name in "qkv"), f"{ours}.qkv.weight", layout=into),
            Rename((f"{theirs}.o",), f"{ours}.out.weight", layout=out_of),
            Rename((f"{theirs}.r",), f"{ours}.parts.0.weight", layout=heads_first),
            Rename((f"{theirs}.r_w_bias",), f"{ours}.parts.0.content", layout=bias),
            Rename((f"{theirs}.r_r_bias",), f"{ours}.parts.0.place", layout=bias),
            Rename((f"{theirs}.r_s_bias",), f"{ours}.segments.content", layout=bias),
            Rename((f"{theirs}.seg_embed",), f"{ours}.segments.kinds", layout=kinds),
            *weight_and_bias(f"{theirs}.layer_norm", f"core.blocks.{i}.attention_norm"),
            *weight_and_bias(f"layer.{i}.ff.layer_1", f"core.blocks.{i}.widen"),
            *weight_and_bias(f"layer.{i}.ff.layer_2", f"core.blocks.{i}.narrow"),
            *weight_and_bias(f"layer.{i}.ff.layer_norm", f"core.blocks.{i}.ff_norm"),
        ]
    beam = "the search for answers by a beam (ForQuestionAnswering; ForQuestionAnsweringSimple is read)"
    return Table(
        prefix="transformer.",
        own=("word_embedding.", "mask_emb", "layer."),
        body=body,
        heads={
            "classes": [
                *weight_and_bias("sequence_summary.summary", "pooler"),
                *weight_and_bias("logits_proj", "classes"),
            ],
            "masked": [Rename(("lm_loss.bias",), "masked.bias")],
            "tags": weight_and_bias("classifier", "tags"),
            "span": weight_and_bias("qa_outputs", "span"),
        },
        tied={"lm_loss.weight": "core.embeddings.tokens.weight"},
        unread=tuple((name, beam) for name in ("start_logits.", "end_logits.", "answer_class.")),
    )
