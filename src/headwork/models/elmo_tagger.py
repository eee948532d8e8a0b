"""A BiLSTM over word vectors, letters and ELMo's vectors, with a tag for each word.

    x_i = [vector of word i ; its letters ; ELMo_i],   h = BiLSTM(x),   logits_i = A h_i + b

ELMo_i mixes the layers of a frozen pair of language models in shares that are learnt with the task
(`headwork.layers.scalar_mix`). Peters et al. 2018, "Deep contextualized word representations", sections 3.3 and 4
(named entity extraction), without a layer for what tags may follow each other, which is left to decoding.

Axes: N words of all sentences, W words that are asked for, P width of a direction of ELMo, D width, C tags.
"""

from itertools import islice
from typing import Literal

import torch
from torch import Tensor

from headwork.layers.scalar_mix import ScalarMix
from headwork.models.bilstm_tagger import BiLstmTagger, BiLstmTaggerConfig
from headwork.models.elmo import Elmo, ElmoConfig
from headwork.models.elmo_inside import WithElmo
from headwork.ops.dropout import drop
from headwork.ops.packed import WordBatch
from headwork.ops.spelling import Lexicon


class ElmoTaggerConfig(BiLstmTaggerConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Those of a BiLSTM tagger, and what ELMo brings."""

    pretrained: str = ""
    """a folder with ELMo: one that `headwork import` wrote, or the published one"""
    bilm: ElmoConfig | None = None
    """the settings of that ELMo; its folder says them"""
    lexicon: Lexicon | None = None
    """the characters and words that it knows, where it does not spell bytes; its folder says them too"""
    norm: Literal["none", "token"] = "none"
    """of its layers, before they are mixed"""


class ElmoTagger(WithElmo, BiLstmTagger):
    def __init__(self, config: ElmoTaggerConfig, *, vocabulary: int, classes: int):
        bilm = config.bilm or ElmoConfig()
        super().__init__(config, vocabulary=vocabulary, classes=classes, beside=2 * bilm.projection)
        self.elmo = Elmo(bilm, lexicon=config.lexicon).requires_grad_(False)
        self.mix = ScalarMix(bilm.layers + 1, norm=config.norm)

    def _words(self, batch: WordBatch) -> Tensor:
        """(N, D)"""
        if batch.pieces.written is None:
            raise ValueError("ELMo reads written words; batch.pieces.written is None")
        words = iter(batch.pieces.written)
        sentences = [list(islice(words, length)) for length in batch.pieces.lengths]
        mixed = self.mix(self.layers_of(sentences, batch.pieces.ids.device))
        return torch.cat([super()._words(batch), drop(mixed, self.config.dropout, self.training)], dim=1)
