"""Hierarchical attention: words make sentences, sentences make the document.

    h_it = BiGRU(x_it)      s_i = sum_t a_it h_it      a_it from the word context vector
    h_i  = BiGRU(s_i)       v   = sum_i a_i h_i        a_i from the sentence context vector

Yang et al. 2016, "Hierarchical Attention Networks for Document Classification", eq. 1-10. `pool` gives the paper's
HN-AVE (mean) and HN-MAX in the place of HN-ATT at both levels; attention with zero context vectors is HN-AVE.

Axes: B documents, S sentences of all documents together, N tokens of all documents together, H hidden width, C classes.
"""

from typing import ClassVar, Literal, NamedTuple

import msgspec
import torch
from torch import Tensor, nn

from headwork.layers.embeddings import WordEmbedding
from headwork.layers.pooling import POOLINGS
from headwork.layers.recurrent import BiRecurrent
from headwork.models import Weights
from headwork.ops.packed import TokenBatch, rows_of


class HanConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict]] = {
        "tiny": {"width": 32, "hidden": 16},
        "small": {},
        "base": {"width": 200, "hidden": 100},
    }

    tokens: Literal["words", "wordpiece"] = "words"
    max_tokens: int = 1024
    width: int = 100
    hidden: int = 50
    """of a direction, at both levels; annotations and context vectors are twice as wide"""
    pool: Literal["attention", "mean", "max"] = "attention"
    dropout: float = 0.3


class Reading(NamedTuple):
    """(B, 2H) documents, (N,) weights of the words in their sentences, (S,) of the sentences that have words."""

    documents: Tensor
    words: Tensor
    sentences: Tensor


class Han(nn.Module):
    SENTENCES = True
    SEEN_AS = "attention of the word times that of its sentence"

    def __init__(self, config: HanConfig, *, vocabulary: int, classes: int):
        super().__init__()
        both = 2 * config.hidden
        pool = POOLINGS[config.pool]
        self.embedding = WordEmbedding(vocabulary, config.width, dropout=config.dropout)
        self.words = BiRecurrent("gru", config.width, hidden=config.hidden)
        self.word_pool = pool(both, hidden=both)
        self.sentences = BiRecurrent("gru", both, hidden=config.hidden)
        self.sentence_pool = pool(both, hidden=both)
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(both, classes)

    def forward(self, batch: TokenBatch) -> Tensor:
        """(B, C) logits; `batch.sentences` must be there."""
        return self.head(self.dropout(self._read(batch).documents))

    def weights(self, batch: TokenBatch) -> Weights:
        """A token's weight is its word weight times that of its sentence; a sentence without words has 0."""
        reading = self._read(batch)
        lengths = _flat(batch)
        filled = torch.tensor(lengths, dtype=torch.int64, device=batch.ids.device) > 0
        sentences = reading.sentences.new_zeros(len(lengths)).masked_scatter(filled, reading.sentences)
        return Weights(reading.words * sentences[rows_of(lengths, batch.ids.device)], sentences)

    def _read(self, batch: TokenBatch) -> Reading:
        # Sentences without words are left out before the sentence level, where they would take a step of the GRU.
        words_of = [length for length in _flat(batch) if length]
        sentences_of = [sum(length > 0 for length in text) for text in batch.sentences or ()]
        words = self.word_pool(self.words(self.embedding(batch.ids), words_of), words_of)
        texts = self.sentence_pool(self.sentences(self.dropout(words.vectors), sentences_of), sentences_of)
        return Reading(texts.vectors, words.weights, texts.weights)


def _flat(batch: TokenBatch) -> list[int]:
    """Lengths of all sentences, text after text."""
    if batch.sentences is None:
        raise ValueError("a hierarchical model reads sentences; batch.sentences is None")
    return [length for text in batch.sentences for length in text]
