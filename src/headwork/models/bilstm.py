"""Bidirectional LSTM with attention over its annotations.

    h_i = forward h_i + backward h_i                    (Zhou et al. 2016, "Attention-Based Bidirectional Long
    r   = sum_i softmax_i(w · tanh(h_i)) h_i            Short-Term Memory Networks for Relation Classification",
    logits = A tanh(r) + b                              eq. 8-13)

`pool` puts the mean or the maximum of the annotations in the place of the attention, or several hops of attention with
a penalty on their overlap (Lin et al. 2017).

Axes: B texts, N tokens of all texts together, H hidden width, C classes.
"""

from typing import ClassVar, Literal

import msgspec
from torch import Tensor, nn

from headwork.attention.structured import StructuredAttention, overlap
from headwork.layers.embeddings import WordEmbedding
from headwork.layers.pooling import POOLINGS
from headwork.layers.recurrent import Recurrent
from headwork.models import Weights
from headwork.ops.packed import TokenBatch


class BiLstmConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict]] = {
        "tiny": {"width": 32, "hidden": 32},
        "small": {},
        "base": {"width": 200, "hidden": 200},
    }

    tokens: Literal["words", "wordpiece"] = "words"
    max_tokens: int = 256
    width: int = 100
    hidden: int = 100
    """of a direction"""
    pool: Literal["attention", "mean", "max", "structured"] = "attention"
    hops: int = 4
    """of structured attention"""
    penalty: float = 0.0
    """of the overlap of the hops, beside the loss"""
    dropout: float = 0.5


class BiLstm(nn.Module):
    SENTENCES = False
    SEEN_AS = "attention"

    def __init__(self, config: BiLstmConfig, *, vocabulary: int, classes: int):
        super().__init__()
        self.config = config
        self.embedding = WordEmbedding(vocabulary, config.width, dropout=config.dropout)
        self.recurrent = Recurrent("lstm", config.width, hidden=config.hidden)
        structured = config.pool == "structured"
        hops = config.hops if structured else 1
        self.pool = (
            StructuredAttention(config.hidden, hidden=config.hidden, hops=hops)
            if structured
            else POOLINGS[config.pool](config.hidden)
        )
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(hops * config.hidden, classes)

    def forward(self, batch: TokenBatch) -> Tensor:
        """(B, C) logits."""
        return self._answer(self._annotations(batch), batch)

    def with_penalty(self, batch: TokenBatch) -> tuple[Tensor, Tensor]:
        """Logits, and what training adds to the loss: the mean overlap of the hops, weighed."""
        annotations = self._annotations(batch)
        logits = self._answer(annotations, batch)
        if not self.config.penalty or not isinstance(self.pool, StructuredAttention):
            return logits, logits.new_zeros(())
        hops = self.pool.hops(annotations, batch.lengths)
        return logits, self.config.penalty * overlap(hops, batch.lengths).mean()

    def weights(self, batch: TokenBatch) -> Weights:
        """Attention; with mean or max pooling each token's share in the pooled vector."""
        return Weights(self.pool.shares(self._annotations(batch), batch.lengths))

    def _answer(self, annotations: Tensor, batch: TokenBatch) -> Tensor:
        return self.head(self.dropout(self.pool(annotations, batch.lengths).tanh()))

    def _annotations(self, batch: TokenBatch) -> Tensor:
        """(N, D): both directions added (Zhou et al. 2016, equation 8)."""
        return self.recurrent(self.embedding(batch.ids), batch.lengths).unflatten(1, (2, -1)).sum(1)
