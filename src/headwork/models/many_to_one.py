"""An LSTM that answers from its last state, with or without a look back at the states before.

    s_i = h_n · W h_i,   c = sum_i softmax_i(s) h_i,   v = tanh(W_c [c ; h_n])    with attention
    v = relu(W_d h_n)                                                             without
    logits = A v + b

The score is general and v the attentional state of Luong et al. 2015, "Effective Approaches to Attention-based Neural
Machine Translation", equations 5 and 8, with the last state as the query: the layer and the comparison of Rémy's
keras-attention-mechanism, where both sides have as many weights.

Axes: B texts, N tokens of all texts together, H hidden width, U units, C classes.
"""

from typing import Any, ClassVar, Literal

import msgspec
import torch
from torch import Tensor, nn

from headwork.attention.attend import run
from headwork.attention.kernels.packed import segment_shares
from headwork.attention.layout import Packed
from headwork.attention.mechanism import Mechanism
from headwork.attention.record import Recorder
from headwork.attention.scores import General
from headwork.layers.embeddings import WordEmbedding
from headwork.layers.pooling import LastPool
from headwork.layers.recurrent import Recurrent
from headwork.models import Weights
from headwork.ops.packed import TokenBatch


class ManyToOneConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"width": 16, "hidden": 32},
        "small": {},
        "base": {"width": 100, "hidden": 200},
    }

    tokens: Literal["words", "wordpiece"] = "words"
    max_tokens: int = 256
    width: int = 32
    hidden: int = 100
    attention: bool = True
    units: int = 128
    """U; 128 with attention and 350 without make the published sizes equal"""
    dropout: float = 0.5


class LookBack(nn.Module):
    """The last state asks all states of its text."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.mechanism = Mechanism(score=General(1, hidden))
        self.parts = nn.ModuleList(self.mechanism.modules())
        self.tape: Recorder | None = None

    def forward(self, states: Tensor, last: Tensor, lengths: tuple[int, ...]) -> Tensor:
        """(N, H) and the (B, H) last of them to (B, H); zeros for a text without tokens."""
        query, key, layout = self._call(states, last, lengths)
        return run(self.mechanism, query, key, key, layout=layout, tape=self.tape).squeeze(1)

    def shares(self, states: Tensor, last: Tensor, lengths: tuple[int, ...]) -> Tensor:
        """(N,) the weight of each token in what its text's last state saw."""
        return segment_shares(self.mechanism, *self._call(states, last, lengths)).squeeze(1)

    def _call(self, states: Tensor, last: Tensor, lengths: tuple[int, ...]) -> tuple[Tensor, Tensor, Packed]:
        return last[:, None], states[:, None], Packed(lengths, (1,) * len(lengths))


class ManyToOne(nn.Module):
    SENTENCES = False
    SEEN_AS = "attention"

    def __init__(self, config: ManyToOneConfig, *, vocabulary: int, classes: int):
        super().__init__()
        self.config = config
        self.embedding = WordEmbedding(vocabulary, config.width, dropout=config.dropout)
        self.recurrent = Recurrent("lstm", config.width, hidden=config.hidden, directions=1)
        self.last = LastPool(config.hidden)
        if config.attention:
            self.look = LookBack(config.hidden)
            self.units = nn.Linear(2 * config.hidden, config.units, bias=False)
        else:
            self.look = None
            self.units = nn.Linear(config.hidden, config.units)
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(config.units, classes)

    def forward(self, batch: TokenBatch) -> Tensor:
        """(B, C) logits."""
        states = self._states(batch)
        last = self.last(states, batch.lengths)
        if self.look is None:
            found = self.units(last).relu()
        else:
            found = self.units(torch.cat([self.look(states, last, batch.lengths), last], 1)).tanh()
        return self.head(self.dropout(found))

    def weights(self, batch: TokenBatch) -> Weights:
        """Attention; without it the last token has all."""
        states = self._states(batch)
        if self.look is None:
            return Weights(self.last.shares(states, batch.lengths))
        return Weights(self.look.shares(states, self.last(states, batch.lengths), batch.lengths))

    def _states(self, batch: TokenBatch) -> Tensor:
        """(N, H)"""
        return self.recurrent(self.embedding(batch.ids), batch.lengths)
