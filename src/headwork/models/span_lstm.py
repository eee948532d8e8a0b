"""A small network that answers from a passage: read both ways, matched with the question, read again.

    q, p = LSTM(question), LSTM(passage), the words beside them             the same for both
    a_j  = what of the question answers token j of the passage              `headwork.attention.two_way`
    b    = the mean of what of the passage answers the question's tokens
    g_j  = [p_j; a_j; p_j * a_j; p_j * b],   m = LSTM(relu(W g))
    start_j = w_s · m_j + c_s,  end_j = w_e · m_j + c_e                     "no answer" from the mean of m

After the attention flow of Seo et al. 2017, "Bidirectional attention flow for machine comprehension", section 2, whose
b is of the tokens that any of the question's likes most, and whose ends are read from two more LSTMs.

Axes: B windows, N tokens of all questions, M of all windows' passages, E width of an encoded token, H of a direction.
"""

from typing import Any, ClassVar

import msgspec
import torch
from torch import Tensor, nn

from headwork.attention.choice import Choice
from headwork.attention.two_way import Text, TwoWayAttention
from headwork.base.errors import HeadworkError
from headwork.layers.recurrent import Recurrent
from headwork.models.pair import PairConfig, ReadBothWays
from headwork.models.span_encoder import check_windows
from headwork.ops.dropout import drop
from headwork.ops.linear import Linear
from headwork.ops.packed import PairBatch, places_of, rows_of, segment_mean


class SpanLstmConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"width": 32, "hidden": 24},
        "small": {},
        "base": {"width": 200, "hidden": 200},
    }

    tokens: ClassVar[str] = "wordpiece"
    max_tokens: int = 320
    """of a window with its question; this and the next five as of the encoder"""
    question_tokens: int = 64
    stride: int = 128
    windows: int = 0
    others: float = 0.25
    answer_tokens: int = 0
    width: int = 100
    """of embeddings"""
    hidden: int = 64
    """of an LSTM in each direction"""
    shortcut: bool = True
    """do the words themselves stand beside the states"""
    score: str = "cosine:8"
    normaliser: str = "softmax"
    dropout: float = 0.3

    def __post_init__(self) -> None:
        check_windows(self.max_tokens, self.question_tokens, self.stride, self.others)
        try:
            Choice(self.score, normaliser=self.normaliser).mechanism(width=self.hidden, keys=self.max_tokens)
        except HeadworkError as error:
            raise ValueError(str(error)) from error


class SpanLstm(nn.Module):
    """Question and passage to both ends."""

    def __init__(self, config: SpanLstmConfig, *, vocabulary: int) -> None:
        super().__init__()
        self.config = config
        hidden = config.hidden
        read = PairConfig(
            width=config.width, hidden=hidden, shortcut=config.shortcut, dropout=config.dropout, encoder="lstm"
        )
        self.encoder = ReadBothWays(read, vocabulary)
        width = self.encoder.width
        chosen = Choice(config.score, normaliser=config.normaliser).mechanism(width=width, keys=config.max_tokens)
        self.align = TwoWayAttention(chosen.score, chosen.normaliser)
        self.compare = Linear(4 * width, hidden)
        self.compose = Recurrent("lstm", hidden, hidden=hidden)
        self.head = nn.Linear(2 * hidden, 2)
        self.nothing = nn.Linear(2 * hidden, 2)

    def forward(self, batch: PairBatch) -> Tensor:
        """(B + M, 2): for each window "no answer", then the tokens of its passage."""
        question, passage = batch.first.lengths, batch.second.lengths
        encoded = self.encoder(batch.joined())
        asked, read = encoded.split([len(batch.first.ids), len(batch.second.ids)])
        aligned = self.align(Text(asked, asked, question), Text(read, read, passage))
        of = rows_of(passage, encoded.device)
        both = segment_mean(aligned.first, question)[of]
        matched = torch.cat([read, aligned.second, read * aligned.second, read * both], dim=1)
        compared = self.compare(drop(matched, self.config.dropout, self.training), activation="relu")
        states = self.compose(drop(compared, self.config.dropout, self.training), passage)
        counts = 1 + torch.tensor(passage, device=encoded.device)
        heads = counts.cumsum(0) - counts
        out = states.new_empty(len(passage) + len(of), 2)
        out = out.index_copy(0, heads, self.nothing(segment_mean(states, passage)))
        return out.index_copy(0, heads[of] + 1 + places_of(passage, encoded.device), self.head(states))
