"""Two towers of word vectors: a bag of words, or convolutions over them.

    x_i  = the vector of token i, or the last of several layers   x_i + tanh(W x_{i-left : i+right} + b)
    f    = sum_i a_i x_i / sum_i a_i,  a_i = sigmoid(w · x_i);   or the mean; or the largest value of each dimension

The neural bag of words and the 1-dimensional CNN of Husain et al. 2019, "CodeSearchNet challenge", section 4.1, whose
published code weighs tokens so.

Axes: B texts, N tokens of all texts together, D width.
"""

from typing import Any, ClassVar, Literal

import msgspec
import torch
from torch import Tensor, nn

from headwork.layers.convolution import PackedConvolution
from headwork.layers.embeddings import WordEmbedding
from headwork.layers.pooling import segment_max
from headwork.models.towers import Towers
from headwork.ops.packed import TokenBatch, segment_mean


class WordTowersConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {"tiny": {"width": 32}, "small": {}, "base": {"width": 256}}

    tokens: Literal["words", "wordpiece"] = "wordpiece"
    max_tokens: int = 200
    """of a query or a document"""
    towers: Literal["one", "two"] = "one"
    """do queries and documents have one set of weights or two"""
    width: int = 128
    convolutions: int = 0
    """layers; 0: a bag of words"""
    window: int = 5
    """tokens that a convolution sees"""
    pool: Literal["weighted", "mean", "max"] = "weighted"
    dropout: float = 0.1
    scale: float = 20.0
    """one over the temperature"""
    temperature: Literal["fixed", "learned"] = "fixed"

    def __post_init__(self) -> None:
        if self.convolutions < 0 or self.window < 1 or self.scale <= 0:
            raise ValueError(
                f"convolutions is {self.convolutions}, window {self.window} and scale {self.scale}; expected at least "
                "0, at least 1 and more than 0"
            )


class WordTower(nn.Module):
    """Texts to vectors."""

    def __init__(self, config: WordTowersConfig, *, vocabulary: int) -> None:
        super().__init__()
        self.pool, self.width = config.pool, config.width
        self.embedding = WordEmbedding(vocabulary, config.width, dropout=config.dropout)
        self.convolutions = nn.ModuleList(
            PackedConvolution(config.width, filters=config.width, window=config.window)
            for _ in range(config.convolutions)
        )
        self.weigh = nn.Linear(config.width, 1, bias=False) if config.pool == "weighted" else None

    def vectors(self, batch: TokenBatch) -> Tensor:
        """(B, D); zeros for a text without tokens."""
        x = self.embedding(batch.ids)
        for convolution in self.convolutions:
            x = x + convolution(x, batch.lengths).tanh()
        if self.pool == "max":
            return segment_max(x, batch.lengths)
        if self.weigh is None:
            return segment_mean(x, batch.lengths)
        weights = torch.sigmoid(self.weigh(x))
        return segment_mean(weights * x, batch.lengths) / segment_mean(weights, batch.lengths).clamp(min=1e-9)


class WordTowers(Towers):
    """One `WordTower` or two."""

    def __init__(self, config: WordTowersConfig, *, vocabulary: int) -> None:
        super().__init__(
            lambda: WordTower(config, vocabulary=vocabulary),
            towers=config.towers,
            scale=config.scale,
            temperature=config.temperature,
        )
        self.config = config
