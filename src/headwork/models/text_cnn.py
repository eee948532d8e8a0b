"""Convolution over words, the largest answer of each filter over time, a linear layer.

    c_i    = relu(W · x_{i-left : i+right} + b)       windows of 3, 4 and 5 words around word i
    v      = max_i c_i                                for each filter
    logits = A v + b

Kim 2014, "Convolutional Neural Networks for Sentence Classification": eq. 2-4 and the variants CNN-rand (`vectors` =
random), CNN-static and CNN-non-static, here with the word-piece vectors of a pretrained encoder.

Axes: B texts, N tokens of all texts together, D width, F filters of all windows together, C classes.
"""

from pathlib import Path
from typing import Any, ClassVar, Literal

import msgspec
import torch
from torch import Tensor, nn

from headwork.layers.convolution import PackedConvolution, spread
from headwork.layers.embeddings import WordEmbedding
from headwork.layers.pooling import segment_max, shares, winners
from headwork.models import Weights
from headwork.ops.packed import TokenBatch, rows_of


class TextCnnConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict]] = {
        "tiny": {"width": 32, "filters": 24},
        "small": {},
        "base": {"width": 300, "filters": 200},
    }

    tokens: Literal["words", "wordpiece", "bert"] = "words"
    max_tokens: int = 512
    pretrained: str = ""
    """the encoder whose word-piece vectors the model starts from"""
    vectors: Literal["random", "static", "nonstatic"] = "random"
    width: int = 100
    windows: tuple[int, ...] = (3, 4, 5)
    filters: int = 100
    """of each window"""
    dropout: float = 0.5

    def __post_init__(self) -> None:
        from_encoder = self.vectors != "random"
        if (self.tokens == "bert") != from_encoder or bool(self.pretrained) != from_encoder:
            raise ValueError(
                f"vectors={self.vectors} with tokens={self.tokens} and pretrained={self.pretrained!r}; static and "
                "nonstatic vectors need tokens=bert and pretrained=minilm, random ones neither"
            )


class TextCnn(nn.Module):
    SENTENCES = False
    SEEN_AS = "share of the filters for the answer that chose the word"

    def __init__(self, config: TextCnnConfig, *, vocabulary: int, classes: int):
        super().__init__()
        self.embedding = WordEmbedding(vocabulary, config.width, dropout=0.0)
        self.embedding.requires_grad_(config.vectors != "static")
        self.windows = config.windows
        self.convolutions = nn.ModuleList(
            PackedConvolution(config.width, filters=config.filters, window=window) for window in config.windows
        )
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(config.filters * len(config.windows), classes)

    @staticmethod
    def given_by(folder: Path) -> dict[str, Any]:
        """The settings that the encoder in `folder` gives: none but its vectors are taken."""
        return {}

    def load_pretrained(self, folder: Path) -> None:
        """Start from the word vectors of the encoder in `folder`."""
        self.embedding.load_pretrained(folder)

    def forward(self, batch: TokenBatch) -> Tensor:
        """(B, C) logits."""
        return self.head(self.dropout(segment_max(self._features(batch), batch.lengths)))

    def weights(self, batch: TokenBatch) -> Weights:
        """Each token's share of what the filters say for the chosen class.

        A filter adds A_cf v_f to the logit of class c; what it adds over the mean of the classes, if positive, is
        divided among the words of the window that it took its maximum from.
        """
        features = self._features(batch)
        largest = segment_max(features, batch.lengths)
        chosen = self.head(largest).argmax(1)
        favour = (self.head.weight[chosen] - self.head.weight.mean(0)).clamp(min=0) * largest
        won = winners(features, largest, batch.lengths) * favour[rows_of(batch.lengths, features.device)]
        parts = won.chunk(len(self.windows), dim=1)
        tokens = [spread(part.sum(1), batch.lengths, window) for part, window in zip(parts, self.windows, strict=True)]
        return Weights(shares(torch.stack(tokens).sum(0), batch.lengths))

    def _features(self, batch: TokenBatch) -> Tensor:
        """(N, F) answers of all filters at each token."""
        words = self.embedding(batch.ids)
        return torch.cat([convolution(words, batch.lengths) for convolution in self.convolutions], dim=1).relu()
