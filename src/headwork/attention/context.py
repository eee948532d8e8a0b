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

import torch
from torch import Tensor, nn

from headwork.attention.attend import run
from headwork.attention.kernels.packed import segment_shares
from headwork.attention.layout import Packed
from headwork.attention.mechanism import Mechanism
from headwork.attention.record import Recorder
from headwork.attention.scores import Dot

MECHANISM = Mechanism(score=Dot())


class ContextAttention(nn.Module):
    """Pools annotations by their likeness to a learned context vector.

    `hidden` is the width of the projection W (Yang et al.); None leaves it out (Zhou et al.).
    """

    def __init__(self, width: int, *, hidden: int | None = None):
        super().__init__()
        self.projection = nn.Linear(width, hidden) if hidden else None
        self.context = nn.Parameter(torch.empty(hidden or width))
        nn.init.normal_(self.context, std=self.context.numel() ** -0.5)
        self.tape: Recorder | None = None

    def keys(self, annotations: Tensor) -> Tensor:
        """(…, D) to (…, hidden): u, what the context vector is compared with."""
        return (annotations if self.projection is None else self.projection(annotations)).tanh()

    def weights(self, annotations: Tensor, mask: Tensor) -> Tensor:
        """The formula in the open: (B, T, D) and the (B, T) mask of tokens to (B, T); zeros for an empty text."""
        scores = (self.keys(annotations) @ self.context).masked_fill(~mask, -torch.inf)
        return scores.softmax(-1).masked_fill(~mask, 0)

    def forward(self, annotations: Tensor, lengths: Sequence[int]) -> Tensor:
        """(N, D) packed annotations to one vector a text, (B, D); zeros for a text without tokens."""
        query, key, layout = self._call(annotations, lengths)
        return run(MECHANISM, query, key, annotations[:, None], layout=layout, tape=self.tape).squeeze(1)

    def shares(self, annotations: Tensor, lengths: Sequence[int]) -> Tensor:
        """(N,) the weight of each token in its text's vector."""
        return segment_shares(MECHANISM, *self._call(annotations, lengths)).squeeze(1)

    def _call(self, annotations: Tensor, lengths: Sequence[int]) -> tuple[Tensor, Tensor, Packed]:
        query = self.context.expand(len(lengths), 1, -1)
        return query, self.keys(annotations)[:, None], Packed(tuple(lengths), (1,) * len(lengths))
