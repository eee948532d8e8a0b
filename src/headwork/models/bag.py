"""Bag of words: the mean of a text's word vectors, then a linear layer.

    logits = A · 1/n sum_i x_i + b    (Joulin et al. 2016, "Bag of Tricks for Efficient Text Classification", eq. 1)

Axes: B texts, N tokens of all texts together, D width, C classes.
"""

from typing import ClassVar, Literal

import msgspec
from torch import Tensor, nn

from headwork.layers.embeddings import WordEmbedding
from headwork.layers.pooling import shares
from headwork.models import Weights
from headwork.ops.packed import TokenBatch, rows_of, segment_mean


class BagConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict]] = {"tiny": {"width": 32}, "small": {}, "base": {"width": 300}}

    tokens: Literal["words", "wordpiece"] = "words"
    max_tokens: int = 1024
    width: int = 100
    dropout: float = 0.3


class Bag(nn.Module):
    SENTENCES = False
    SEEN_AS = "share of what the words add for the answer"

    def __init__(self, config: BagConfig, *, vocabulary: int, classes: int):
        super().__init__()
        self.embedding = WordEmbedding(vocabulary, config.width, dropout=config.dropout)
        self.head = nn.Linear(config.width, classes)

    def forward(self, batch: TokenBatch) -> Tensor:
        """(B, C) logits."""
        return self.head(segment_mean(self.embedding(batch.ids), batch.lengths))

    def weights(self, batch: TokenBatch) -> Weights:
        """Each token's share of what speaks for the chosen class: the model is additive, so this is exact.

        A token adds A_c · x_i to the logit of class c; what it adds over the mean of the classes counts, if positive.
        """
        chosen = self(batch).argmax(1)[rows_of(batch.lengths, batch.ids.device)]
        evidence = self.embedding(batch.ids) @ self.head.weight.T
        favour = evidence.gather(1, chosen[:, None])[:, 0] - evidence.mean(1)
        return Weights(shares(favour.clamp(min=0), batch.lengths))
