"""Hierarchical attention: words make sentences, sentences make the document.

    h_it = BiGRU(x_it)      s_i = sum_t a_it h_it      a_it from the word context vector
    h_i  = BiGRU(s_i)       v   = sum_i a_i h_i        a_i from the sentence context vector

Yang et al. 2016, "Hierarchical Attention Networks for Document Classification", eq. 1-10. `pool` gives the paper's
HN-AVE (mean) and HN-MAX in the place of HN-ATT at both levels; attention with zero context vectors is HN-AVE.

Axes: B documents, S sentences of all documents together, N tokens of all documents together, H hidden width, C classes.
"""

from typing import ClassVar, Literal

import msgspec
import torch
from torch import Tensor, nn

from headwork.layers.embeddings import WordEmbedding
from headwork.layers.pooling import POOLINGS
from headwork.layers.recurrent import Recurrent
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


class Han(nn.Module):
    SENTENCES = True
    SEEN_AS = "attention of the word times that of its sentence"

    def __init__(self, config: HanConfig, *, vocabulary: int, classes: int):
        super().__init__()
        both = 2 * config.hidden
        pool = POOLINGS[config.pool]
        self.embedding = WordEmbedding(vocabulary, config.width, dropout=config.dropout)
        self.words = Recurrent("gru", config.width, hidden=config.hidden)
        self.word_pool = pool(both, hidden=both)
        self.sentences = Recurrent("gru", both, hidden=config.hidden)
        self.sentence_pool = pool(both, hidden=both)
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(both, classes)

    def forward(self, batch: TokenBatch) -> Tensor:
        """(B, C) logits; `batch.sentences` must be there."""
        words, words_of = self._words(batch)
        sentences, sentences_of = self._sentences(words, words_of, batch)
        return self.head(self.dropout(self.sentence_pool(sentences, sentences_of)))

    def weights(self, batch: TokenBatch) -> Weights:
        """A token's weight is its word weight times that of its sentence; a sentence without words has 0."""
        words, words_of = self._words(batch)
        given = self.sentence_pool.shares(*self._sentences(words, words_of, batch))
        lengths = _flat(batch)
        filled = torch.tensor(lengths, dtype=torch.int64, device=batch.ids.device) > 0
        sentences = given.new_zeros(len(lengths)).masked_scatter(filled, given)
        return Weights(self.word_pool.shares(words, words_of) * sentences[rows_of(lengths, words.device)], sentences)

    def _words(self, batch: TokenBatch) -> tuple[Tensor, list[int]]:
        """(N, 2H) annotations of words, and the lengths of the sentences that have any.

        Sentences without words are left out before the sentence level, where they would take a step of the GRU.
        """
        lengths = [length for length in _flat(batch) if length]
        return self.words(self.embedding(batch.ids), lengths), lengths

    def _sentences(self, words: Tensor, words_of: list[int], batch: TokenBatch) -> tuple[Tensor, list[int]]:
        """(S, 2H) annotations of sentences, and how many each text has."""
        lengths = [sum(length > 0 for length in text) for text in batch.sentences or ()]
        return self.sentences(self.dropout(self.word_pool(words, words_of)), lengths), lengths


def _flat(batch: TokenBatch) -> list[int]:
    """Lengths of all sentences, text after text."""
    if batch.sentences is None:
        raise ValueError("a hierarchical model reads sentences; batch.sentences is None")
    return [length for text in batch.sentences for length in text]
