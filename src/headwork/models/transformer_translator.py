"""The Transformer as a translator: an encoder over the source, a decoder over what is written and the source.

    logits_t = E s_t + b,   s = decoder(y_<t, encoder(x))        Vaswani et al. 2017, section 3

One table E embeds source and target and gives the logits (section 3.4). Any part of headwork.attention can stand in the
self-attention of both, and any score, scope and normaliser in the attention between them.

Axes: B texts, R rows, M packed target tokens, K tokens of the longest source, V vocabulary.
"""

from typing import Any, ClassVar, Literal

import torch
from torch import nn

from headwork.attention.choice import Choice
from headwork.layers.decoder import Decoder, Source, Writer
from headwork.layers.transformer import Core, CoreConfig
from headwork.models.translation import TextSettings
from headwork.ops.packed import TokenBatch


class TransformerTranslatorConfig(TextSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"dim": 32, "layers": 2, "heads": 2, "ff": 64},
        "small": {},
        "base": {"dim": 512, "layers": 6, "heads": 8, "ff": 2048},
    }

    dim: int = 192
    layers: int = 3
    """of the encoder and of the decoder"""
    heads: int = 4
    ff: int = 512
    norm: Literal["post", "pre"] = "pre"
    activation: Literal["relu", "gelu"] = "relu"
    absolute: Literal["learned", "sinusoid", "none"] = "sinusoid"
    """positions added to the embeddings, beside those of the attention"""
    score: str = "scaled_dot"
    normaliser: str = "softmax"
    """of all three attentions"""
    scope: str = "full"
    """of the self-attentions; that of the decoder is causal beside"""
    position: str = ""
    mix: str = "sum"
    dropout: float = 0.1

    def __post_init__(self) -> None:
        if self.reads != "texts":
            raise ValueError(f"reads is {self.reads!r}; this model reads texts")
        if self.dim % self.heads:
            raise ValueError(f"dim is {self.dim} and heads is {self.heads}; heads must divide dim")
        self.within.check(width=self.dim // self.heads, keys=self.max_tokens, heads=self.heads)

    @property
    def within(self) -> Choice:
        positions = (self.position,) if self.position else ()
        return Choice(self.score, tuple(self.scope.split(" & ")), self.normaliser, positions, self.mix)

    def core(self, vocabulary: int, *, causal: bool) -> CoreConfig:
        return CoreConfig(
            vocabulary=vocabulary,
            dim=self.dim,
            layers=self.layers,
            heads=self.heads,
            ff=self.ff,
            positions=self.max_tokens + 2,
            types=0,
            embedding_norm=False,
            embedding_scale=self.dim**0.5,
            norm=self.norm,
            eps=1e-5,
            activation=self.activation,
            causal=causal,
            attention=self.within,
            across=Choice(self.score, normaliser=self.normaliser),
            absolute=self.absolute,
            dropout=self.dropout,
        )


class TransformerTranslator(Writer):
    def __init__(self, config: TransformerTranslatorConfig, *, vocabulary: int):
        super().__init__()
        self.config = config
        self.encoder = Core(config.core(vocabulary, causal=False))
        self.decoder = Decoder(config.core(vocabulary, causal=True))
        self.table = self.decoder.embeddings.tokens = self.encoder.embeddings.tokens
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        for weight in self.parameters():
            if weight.dim() == 2 and weight.requires_grad:
                nn.init.xavier_uniform_(weight)
        nn.init.normal_(self.table.weight, std=config.dim**-0.5)

    def _encode(self, source: TokenBatch) -> Source:
        return Source(self.encoder(source), source.lengths)
