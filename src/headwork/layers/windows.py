"""From the vectors of a long text's windows to one vector of the text.

    h_i = v_i                                  or, where windows hear of their neighbours,
    h_i = v_i + U BiGRU(v)_i
    s   = mean_i h_i    max_i h_i    sum_i a_i h_i, with a_i as in headwork.attention.context

Mean, maximum and attention over pieces: Sun et al. 2019, "How to fine-tune BERT for text classification?". Recurrence
over pieces: Pappagari et al. 2019, "Hierarchical transformers for long document classification"; with attention behind
it this is the second level of Yang et al. 2016 (headwork.models.han), windows in the place of sentences.

A text that is one window is that window's vector, to the bit. U and the context vector start from zeros, so that
attention, with or without neighbours, starts as the mean, which a head can be fitted on before.

Axes: W windows of all texts together, B texts, D width.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from headwork.attention.context import ContextAttention
from headwork.layers.pooling import POOLINGS
from headwork.layers.recurrent import Recurrent
from headwork.ops.packed import rows_of, segment_first

Pool = Literal["mean", "max", "attention"]


class Windows(nn.Module):
    def __init__(self, width: int, *, pool: Pool, neighbours: bool) -> None:
        super().__init__()
        self.pool = POOLINGS[pool](width, hidden=width)
        if isinstance(self.pool, ContextAttention):
            nn.init.zeros_(self.pool.context)
        hidden = max(1, width // 2)
        self.recurrent = Recurrent("gru", width, hidden=hidden) if neighbours else None
        self.added = nn.Linear(2 * hidden, width, bias=False) if neighbours else None
        if self.added is not None:
            nn.init.zeros_(self.added.weight)

    def forward(self, windows: Tensor, counts: Sequence[int]) -> Tensor:
        """(W, D) vectors of windows, and how many each text has, none of them 0, to (B, D)."""
        texts = segment_first(windows, counts)
        several = [count for count in counts if count > 1]
        if not several:
            return texts
        pooled = self.pool(self._heard(windows[_of_several(counts, windows)], several), several)
        return texts.index_copy(0, _several(counts, windows).nonzero().squeeze(1), pooled.to(texts.dtype))

    def shares(self, windows: Tensor, counts: Sequence[int]) -> Tensor:
        """(W,) the weight of each window in its text's vector."""
        several = [count for count in counts if count > 1]
        shares = windows.new_ones(len(windows))
        if not several:
            return shares
        chosen = _of_several(counts, windows)
        return shares.masked_scatter(chosen, self.pool.shares(self._heard(windows[chosen], several), several))

    def _heard(self, windows: Tensor, counts: Sequence[int]) -> Tensor:
        """(W, D) windows with what their neighbours tell them."""
        if self.recurrent is None or self.added is None:
            return windows
        return windows + self.added(self.recurrent(windows, counts))


def _several(counts: Sequence[int], like: Tensor) -> Tensor:
    """(B,) has a text more windows than one?"""
    return torch.tensor(counts, device=like.device) > 1


def _of_several(counts: Sequence[int], like: Tensor) -> Tensor:
    """(W,) is a window one of several?"""
    return _several(counts, like)[rows_of(counts, like.device)]
