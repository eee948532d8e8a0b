"""Structured self-attention: several learned queries (hops) read a text, each its own part of it.

    A = softmax(W_2 tanh(W_1 H^T)),   M = A H      Lin et al. 2017, "A Structured Self-attentive Sentence Embedding",
    P = |A A^T - I|^2 (Frobenius)                  equations 6 to 8

Axes: B texts, N tokens of all texts together, D width of an annotation, R hops.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from headwork.attention.attend import run
from headwork.attention.context import MECHANISM
from headwork.attention.diversity import from_identity
from headwork.attention.kernels.packed import segment_shares
from headwork.attention.layout import Packed
from headwork.attention.record import Recorder
from headwork.ops.packed import rows_of


class StructuredAttention(nn.Module):
    """Each hop is a head with one query, so that all hops of all texts are one call."""

    def __init__(self, width: int, *, hidden: int, hops: int) -> None:
        super().__init__()
        self.projection = nn.Linear(width, hidden, bias=False)
        self.queries = nn.Parameter(torch.randn(hops, hidden) * hidden**-0.5)
        self.tape: Recorder | None = None

    def forward(self, annotations: Tensor, lengths: Sequence[int]) -> Tensor:
        """(N, D) to (B, R D): what each hop read, side by side; zeros for a text without tokens."""
        query, key, layout = self._call(annotations, lengths)
        value = annotations[:, None].expand(-1, len(self.queries), -1)
        return run(MECHANISM, query, key, value, layout=layout, tape=self.tape).flatten(1)

    def hops(self, annotations: Tensor, lengths: Sequence[int]) -> Tensor:
        """(N, R): the weight of each token in each hop of its text."""
        return segment_shares(MECHANISM, *self._call(annotations, lengths))

    def shares(self, annotations: Tensor, lengths: Sequence[int]) -> Tensor:
        """(N,): the mean over the hops."""
        return self.hops(annotations, lengths).mean(1)

    def _call(self, annotations: Tensor, lengths: Sequence[int]) -> tuple[Tensor, Tensor, Packed]:
        key = self.projection(annotations).tanh()[:, None].expand(-1, len(self.queries), -1)
        return self.queries.expand(len(lengths), -1, -1), key, Packed(tuple(lengths), (1,) * len(lengths))


def overlap(hops: Tensor, lengths: Sequence[int]) -> Tensor:
    """(N, R) weights to (B,): P of each text, 0 where the hops read different tokens and each reads one."""
    products = hops.new_zeros(len(lengths), hops.shape[1], hops.shape[1])
    return from_identity(products.index_add(0, rows_of(lengths, hops.device), hops.unsqueeze(2) * hops.unsqueeze(1)))
