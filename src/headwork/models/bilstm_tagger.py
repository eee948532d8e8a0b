"""Bidirectional LSTM over words and their letters, with a tag for each word.

    x_i = [vector of word i ; letters of word i by convolutions]
    h_i = [forward h_i ; backward h_i],   logits_i = A h_i + b

Letters as in Ma and Hovy 2016, "End-to-end sequence labeling via bi-directional LSTM-CNNs-CRF", section 2.1, here as
the bytes that spell a word; what tags may follow each other is left to decoding, where they have a layer.

Axes: N words of all sentences, W words that are asked for, L places of a word, D width, C tags.
"""

from typing import Any, ClassVar

import msgspec
import torch
from torch import Tensor, nn

from headwork.layers.character_cnn import CharacterCnn
from headwork.layers.embeddings import WordEmbedding
from headwork.layers.recurrent import Recurrent
from headwork.ops.dropout import drop
from headwork.ops.packed import WordBatch
from headwork.ops.spelling import CHARACTERS

WINDOWS = (3, 4)
"""letters that a filter sees"""


class BiLstmTaggerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"width": 32, "hidden": 32, "filters": 16},
        "small": {},
        "base": {"width": 200, "hidden": 200, "layers": 2},
    }

    max_tokens: int = 256
    """words that are read at once"""
    width: int = 100
    """of the vectors of words"""
    hidden: int = 128
    """of a direction"""
    layers: int = 1
    letters: int = 24
    """places of a word that are seen, with a mark at each end; 0: words are seen as a whole"""
    filters: int = 48
    """of each window"""
    dropout: float = 0.4
    unseen: float = 0.1
    """share of the words that stand for unknown ones in training, so that letters must do"""

    def __post_init__(self) -> None:
        if self.letters and self.letters < 2 + max(WINDOWS):
            raise ValueError(f"letters is {self.letters}; a word takes at least {2 + max(WINDOWS)}, or 0 for none")


class BiLstmTagger(nn.Module):
    SPELLS = True

    def __init__(self, config: BiLstmTaggerConfig, *, vocabulary: int, classes: int, beside: int = 0):
        """`beside`: the width of what stands beside words and letters."""
        super().__init__()
        self.config = config
        self.embedding = WordEmbedding(vocabulary, config.width, dropout=0.0)
        self.spelling = (
            CharacterCnn(
                CHARACTERS,
                16,
                filters=[(window, config.filters) for window in WINDOWS],
                activation="relu",
                highways=0,
                out=len(WINDOWS) * config.filters,
            )
            if config.letters
            else None
        )
        width = beside + config.width + (len(WINDOWS) * config.filters if config.letters else 0)
        widths = [width, *[2 * config.hidden] * (config.layers - 1)]
        self.recurrent = nn.ModuleList(Recurrent("lstm", each, hidden=config.hidden) for each in widths)
        self.head = nn.Linear(2 * config.hidden, classes)

    def forward(self, batch: WordBatch) -> Tensor:
        """(W, C) logits."""
        x = self._words(batch)
        for layer in self.recurrent:
            x = layer(drop(x, self.config.dropout, self.training), batch.pieces.lengths)
        return self.head(drop(x[batch.firsts], self.config.dropout, self.training))

    def _words(self, batch: WordBatch) -> Tensor:
        """(N, D)"""
        ids = batch.pieces.ids
        if self.training and self.config.unseen:
            ids = torch.where(torch.rand(ids.shape, device=ids.device) < self.config.unseen, 1, ids)
        words = self.embedding(ids)
        if self.spelling is None:
            return words
        assert batch.spellings is not None
        return torch.cat([words, self.spelling(batch.spellings)], dim=1)
