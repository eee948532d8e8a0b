"""Nearest pairs: each query also attends to the k pairs of a long past whose keys suit it best.

    o = (1 - g) attn(q, near pairs) + g attn(q, top-k by q · k of older pairs),   g = sigmoid(b), one b a head

Wu et al. 2022, "Memorizing Transformers". Older pairs are those from `beyond` + 1 to `beyond` + `length` places behind
the query, counted from each query and not from its segment, so that the way a text is cut into segments changes
nothing. They stay as they were computed, without gradient, and carry no position. A query that has none of them keeps
o = attn(q, near pairs). The search is exact: all products are made, for T queries T (beyond + length + T) of them.

Axes: B texts, H heads, Q = T queries of the new segment, K pairs kept (at most beyond + length), d width of a key, e of
a value.
"""

from dataclasses import replace

import torch
from torch import Tensor, nn

from headwork.attention.attend import run
from headwork.attention.mechanism import Mechanism
from headwork.attention.memory.pairs import Pairs
from headwork.attention.normalisers import TopK
from headwork.attention.parts import Part
from headwork.attention.record import Recorder
from headwork.attention.scopes import Window
from headwork.attention.where import Where
from headwork.base.errors import HeadworkError


class Nearest(nn.Module):
    """The gates of the heads. The state is the pairs kept, at first None."""

    def __init__(self, heads: int, *, length: int, k: int = 32, beyond: int = 0):
        super().__init__()
        if length < 1 or beyond < 0:
            raise HeadworkError(f"nearest pairs: length {length}, beyond {beyond}; expected at least 1, at least 0")
        self.kept = beyond + length
        self.mechanism = Mechanism(scope=Window(self.kept, -1 - beyond), normaliser=TopK(k))
        self.bias = nn.Parameter(torch.zeros(heads))
        self.tape: Recorder | None = None

    @property
    def gates(self) -> Tensor:
        """(H,) shares of the older pairs in what heads give."""
        return self.bias.sigmoid()

    def recall(self, state: Pairs | None, key: Tensor, value: Tensor) -> Pairs:
        """The pairs kept, then the segment's own (B, H, T, d) and (B, H, T, e): a late query may reach the first."""
        new = Pairs(key.detach(), value.detach())
        return new if state is None else state.extend(*new)

    def remember(self, pairs: Pairs) -> Pairs:
        """The state after a segment for which `pairs` were recalled; it shares nothing with its sources."""
        return Pairs(*(side[:, :, max(side.shape[2] - self.kept, 0) :].clone() for side in pairs))

    def forward(self, attended: Tensor, query: Tensor, pairs: Pairs, *, apart: Part | None = None) -> Tensor:
        """(B, H, T, e) that near pairs gave the (B, H, T, d) queries, to what all pairs give; `pairs` are recalled.

        `apart` is a scope that keeps documents apart, where there is more than one.
        """
        mechanism = self.mechanism if apart is None else replace(self.mechanism, scope=self.mechanism.scope & apart)
        found = run(mechanism, query, pairs.key, pairs.value, tape=self.tape)
        allowed = mechanism.parts.allowed(Where.of(query, pairs.key))
        assert allowed is not None  # a window says so
        gate = self.gates[:, None, None]
        return torch.where(allowed.any(-1, keepdim=True), (1 - gate) * attended + gate * found, attended)
