"""A BiLSTM over word vectors and ELMo's, or with ELMo's beside its states: a frozen language model as features.

    input    x_k = [word_k ; ELMo_k]        h = BiLSTM(x)        r = pool(h)
    output   x_k = word_k                   h = BiLSTM(x)        r = pool([h_k ; ELMo'_k])
    both     the first below, the second above;    none: word vectors alone, to compare with
    logits = A r + b

ELMo_k and ELMo'_k mix the layers of the language models in shares of their own, which are learned with the task
(headwork.layers.scalar_mix); the language models stay as they are. Peters et al. 2018, "Deep contextualized word
representations", section 3.3. Each sentence is read from zero states, so that a text's answer hangs on it alone.

Axes: B texts, N words of all texts together, L layers, P width of a direction of ELMo, H hidden width, C classes.
"""

from itertools import islice
from typing import ClassVar, Literal

import msgspec
import torch
from torch import Tensor, nn

from headwork.layers.embeddings import WordEmbedding
from headwork.layers.pooling import POOLINGS
from headwork.layers.recurrent import Recurrent
from headwork.layers.scalar_mix import ScalarMix
from headwork.models import Weights
from headwork.models.elmo import Elmo, ElmoConfig
from headwork.models.elmo_inside import WithElmo
from headwork.ops.dropout import drop
from headwork.ops.packed import TokenBatch
from headwork.ops.spelling import Lexicon

PLACES = {"none": (), "input": ("input",), "output": ("output",), "both": ("input", "output")}


class ElmoClassifierConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict]] = {
        "tiny": {"width": 32, "hidden": 32},
        "small": {},
        "base": {"width": 200, "hidden": 200},
    }

    pretrained: str = ""
    """a folder with ELMo: one that `headwork import` wrote, or the published one"""
    bilm: ElmoConfig | None = None
    """the settings of that ELMo; its folder says them"""
    lexicon: Lexicon | None = None
    """the characters and words that it knows, where it does not spell bytes; its folder says them too"""
    features: Literal["none", "input", "output", "both"] = "input"
    """where ELMo's vectors join"""
    norm: Literal["none", "token"] = "none"
    """of its layers, before they are mixed"""
    tokens: Literal["words"] = "words"
    max_tokens: int = 256
    width: int = 100
    """of own word vectors; 0: there are none"""
    hidden: int = 100
    """of a direction"""
    pool: Literal["attention", "mean", "max"] = "attention"
    dropout: float = 0.5

    def __post_init__(self) -> None:
        if not self.width and "input" not in PLACES[self.features]:
            raise ValueError(
                f"width is 0 and features {self.features!r}, so that the LSTM would read nothing; set model.width, or "
                "model.features to input or both"
            )


class ElmoClassifier(WithElmo):
    SENTENCES = True
    WRITTEN = True
    SEEN_AS = "attention"

    def __init__(self, config: ElmoClassifierConfig, *, vocabulary: int, classes: int):
        super().__init__()
        self.config, bilm, places = config, config.bilm or ElmoConfig(), PLACES[config.features]
        self.elmo = Elmo(bilm, lexicon=config.lexicon).requires_grad_(False) if places else None
        self.mixes = nn.ModuleDict({place: ScalarMix(bilm.layers + 1, norm=config.norm) for place in places})
        given, said = (2 * bilm.projection * (place in places) for place in ("input", "output"))
        self.embedding = WordEmbedding(vocabulary, config.width, dropout=config.dropout) if config.width else None
        self.recurrent = Recurrent("lstm", config.width + given, hidden=config.hidden)
        self.pool = POOLINGS[config.pool](2 * config.hidden + said)
        self.head = nn.Linear(2 * config.hidden + said, classes)

    def forward(self, batch: TokenBatch) -> Tensor:
        """(B, C) logits; `batch.sentences` and `batch.written` must be there."""
        pooled = self.pool(self._annotations(batch), batch.lengths)
        return self.head(drop(pooled, self.config.dropout, self.training))

    def weights(self, batch: TokenBatch) -> Weights:
        """Attention; with mean or max pooling each word's share in the pooled vector."""
        return Weights(self.pool.shares(self._annotations(batch), batch.lengths))

    def shares(self) -> dict[str, list[float]]:
        """For each place where ELMo joins, how much of the mix each layer is, from the characters up."""
        return {place: mix.shares().tolist() for place, mix in self.mixes.items()}  # type: ignore[operator]

    def _annotations(self, batch: TokenBatch) -> Tensor:
        """(N, 2H), or (N, 2H + 2P) with ELMo beside them."""
        mixed = self._mixed(batch)
        words = [] if self.embedding is None else [self.embedding(batch.ids)]
        states = self.recurrent(torch.cat([*words, *mixed.get("input", [])], dim=1), batch.lengths)
        return torch.cat([states, *mixed.get("output", [])], dim=1)

    def _mixed(self, batch: TokenBatch) -> dict[str, list[Tensor]]:
        """(N, 2P) for each place where ELMo joins."""
        if self.elmo is None:
            return {}
        layers = self.layers_of(_sentences(batch), batch.ids.device)
        return {place: [drop(mix(layers), self.config.dropout, self.training)] for place, mix in self.mixes.items()}


def _sentences(batch: TokenBatch) -> list[list[str]]:
    """The words of each sentence, text after text."""
    if batch.sentences is None or batch.written is None:
        raise ValueError("ELMo reads sentences of written words; batch.sentences or batch.written is None")
    words = iter(batch.written)
    return [list(islice(words, length)) for text in batch.sentences for length in text]
