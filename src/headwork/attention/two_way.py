"""Two-way attention: two texts look at each other, with one matrix of scores.

    e_ij = score(a_i, b_j)
    beta_i  = sum_j normaliser_j(e_ij) b_j      what of the second text answers token i of the first
    alpha_j = sum_i normaliser_i(e_ij) a_i      what of the first text answers token j of the second

Parikh et al. 2016, "A decomposable attention model for natural language inference", equations 1 and 2; Chen et al.
2017, "Enhanced LSTM for natural language inference", equations 11 to 13.

Axes: B pairs, N and M tokens of all first and of all second texts, Q and K tokens of the longest of each, H heads, d
width of what is compared, e width of what is mixed.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

from torch import Tensor, nn

from headwork.attention.layout import Padded
from headwork.attention.mechanism import Mechanism, scores
from headwork.attention.normalisers import Normaliser, Softmax
from headwork.attention.record import Recorder
from headwork.attention.scores import Dot, Score
from headwork.attention.where import Where
from headwork.ops.packed import pad, unpad

DOT = Dot()


class Both(NamedTuple):
    """Of the first text about the second, and of the second about the first."""

    first: Tensor
    second: Tensor


def both_ways(mechanism: Mechanism, where: Where, present: Tensor | None = None) -> Both:
    """(B, H, Q, K) and (B, H, K, Q) weights from one matrix of scores; a token of padding has zeros only."""
    found = scores(mechanism, where, present)
    return Both(mechanism.normaliser(found), mechanism.normaliser(found.transpose(-1, -2).contiguous()))


@dataclass(frozen=True)
class Turned:
    """The same scores seen from the other text: s'(b, a) = s(a, b)."""

    score: Score

    @property
    def learned(self) -> bool:
        return self.score.learned

    def scale(self, width: int) -> float:
        return self.score.scale(width)

    def dense(self, query: Tensor, key: Tensor, where: Where) -> Tensor:
        return self.score.dense(key, query, where).transpose(-1, -2)

    def product(self, query: Tensor, key: Tensor) -> tuple[Tensor, Tensor] | None:
        found = self.score.product(key, query)
        return None if found is None else (found[1], found[0])


class Text(NamedTuple):
    """One side of B pairs, packed."""

    compared: Tensor
    """(N, d)"""
    mixed: Tensor
    """(N, e)"""
    lengths: tuple[int, ...]

    def rectangles(self) -> tuple[Tensor, Tensor]:
        """(B, 1, Q, d) and (B, 1, Q, e)."""
        return pad(self.compared, self.lengths)[:, None], pad(self.mixed, self.lengths)[:, None]


class TwoWayAttention(nn.Module):
    """What of the other text answers each token of two packed texts. A recorder hears of two calls, one a direction."""

    def __init__(self, score: Score = DOT, normaliser: Normaliser = Softmax()) -> None:
        super().__init__()
        self.mechanism = Mechanism(score, normaliser=normaliser)
        self.parts = nn.ModuleList(self.mechanism.modules())
        self.tape: Recorder | None = None

    def forward(self, first: Text, second: Text) -> Both:
        """(N, e) for the first text, out of the second, and (M, e) for the second, out of the first."""
        (query, own), (key, other) = first.rectangles(), second.rectangles()
        layout = Padded(second.lengths, first.lengths)
        where = layout.where(query, key, self.mechanism.score.scale(query.shape[-1]))
        given = both_ways(self.mechanism, where, layout.present(where))
        aligned = Both(given.first @ other, given.second @ own)
        if self.tape is not None:
            back = replace(self.mechanism, score=Turned(self.mechanism.score))
            self.tape.note(self.mechanism, query, key, other, layout, aligned.first)
            self.tape.note(back, key, query, own, Padded(first.lengths, second.lengths), aligned.second)
        return Both(unpad(aligned.first[:, 0], first.lengths), unpad(aligned.second[:, 0], second.lengths))
