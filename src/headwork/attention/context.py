"""Attention whose query is learned: one context vector asks every text the same question.

    u_i = tanh(W h_i + b)                      Yang et al. 2016, "Hierarchical Attention Networks", eq. 5
    a_i = exp(u_i · c) / sum_j exp(u_j · c)    eq. 6
    s   = sum_i a_i h_i                        eq. 7

Without W and b this is u_i = tanh(h_i), the attention of Zhou et al. 2016 ("Attention-Based Bidirectional Long
Short-Term Memory Networks for Relation Classification", eq. 9-11). There is no decoder state in the score: u_i · c
depends on the annotation h_i alone, so two tokens stand in the same proportion in every text that holds both.

Axes: B texts, T tokens of the longest text, N tokens of all texts together, D width of an annotation.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from headwork.ops.packed import rows_of


class Pooled(NamedTuple):
    """One vector for each text, (B, D), and the share that each token has in it, (N,): non-negative, summing to one."""

    vectors: Tensor
    weights: Tensor


class ContextAttention(nn.Module):
    """Pools annotations by their likeness to a learned context vector.

    `hidden` is the width of the projection W (Yang et al.); None leaves it out (Zhou et al.).
    """

    def __init__(self, width: int, *, hidden: int | None = None):
        super().__init__()
        self.projection = nn.Linear(width, hidden) if hidden else None
        self.context = nn.Parameter(torch.empty(hidden or width))
        nn.init.normal_(self.context, std=self.context.numel() ** -0.5)

    def scores(self, annotations: Tensor) -> Tensor:
        """(…, D) to (…): how well each annotation answers the context vector."""
        projected = annotations if self.projection is None else self.projection(annotations)
        return projected.tanh() @ self.context

    def weights(self, annotations: Tensor, mask: Tensor) -> Tensor:
        """The formula in the open: (B, T, D) and the (B, T) mask of tokens to (B, T); zeros for an empty text."""
        scores = self.scores(annotations).masked_fill(~mask, -torch.inf)
        return scores.softmax(-1).masked_fill(~mask, 0)

    def forward(self, annotations: Tensor, lengths: Sequence[int]) -> Pooled:
        """(N, D) packed annotations to `Pooled`, the same as `weights` without a place for padding."""
        weights = segment_softmax(self.scores(annotations), lengths)
        return Pooled(weighted_sum(weights, annotations, lengths), weights)


def segment_softmax(scores: Tensor, lengths: Sequence[int]) -> Tensor:
    """(N,) scores to (N,) weights that sum to one in each text, in at least single precision."""
    scores = scores.to(torch.promote_types(scores.dtype, torch.float32))
    rows = rows_of(lengths, scores.device)
    peaks = scores.new_zeros(len(lengths)).scatter_reduce(0, rows, scores.detach(), "amax", include_self=False)
    powers = (scores - peaks[rows]).exp()
    return powers / powers.new_zeros(len(lengths)).index_add(0, rows, powers)[rows]


def weighted_sum(weights: Tensor, packed: Tensor, lengths: Sequence[int]) -> Tensor:
    """(N,) weights and (N, D) vectors to (B, D): the weighted sum of each text; zeros for a text without tokens."""
    weighted = weights[:, None] * packed
    return weighted.new_zeros(len(lengths), packed.shape[1]).index_add(0, rows_of(lengths, packed.device), weighted)
