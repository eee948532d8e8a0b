"""From the vectors of a text's tokens to one vector (`forward`), and to each token's share in it (`shares`).

    mean   s = 1/n sum_i h_i         every token has the share 1/n; `attention` with a zero context vector is the same
    max    s_d = max_i h_id          a token's share is the part of the dimensions that it wins, ties divided
    last   s = h_n                   the last token has all
    attention                        headwork.attention.context

Axes: B texts, N tokens of all texts together, D width.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from headwork.attention.context import ContextAttention
from headwork.ops.packed import rows_of, weighted_sum


class MeanPool(nn.Module):
    """Every token has the same share."""

    def __init__(self, width: int, *, hidden: int | None = None):
        super().__init__()

    def forward(self, packed: Tensor, lengths: Sequence[int]) -> Tensor:
        return weighted_sum(uniform(lengths, packed), packed, lengths)

    def shares(self, packed: Tensor, lengths: Sequence[int]) -> Tensor:
        return uniform(lengths, packed)


class MaxPool(nn.Module):
    """Each dimension is taken from the token where it is largest."""

    def __init__(self, width: int, *, hidden: int | None = None):
        super().__init__()

    def forward(self, packed: Tensor, lengths: Sequence[int]) -> Tensor:
        return segment_max(packed, lengths)

    def shares(self, packed: Tensor, lengths: Sequence[int]) -> Tensor:
        return winners(packed, segment_max(packed, lengths), lengths).mean(1)


class LastPool(nn.Module):
    """A text is what stands behind its last token; zeros for a text without tokens."""

    def __init__(self, width: int, *, hidden: int | None = None):
        super().__init__()

    def forward(self, packed: Tensor, lengths: Sequence[int]) -> Tensor:
        there, ends = _ends(lengths, packed.device)
        return packed.new_zeros(len(lengths), packed.shape[1]).index_copy(0, there, packed[ends])

    def shares(self, packed: Tensor, lengths: Sequence[int]) -> Tensor:
        _, ends = _ends(lengths, packed.device)
        return packed.new_zeros(len(packed)).index_fill(0, ends, 1)


POOLINGS = {"mean": MeanPool, "max": MaxPool, "last": LastPool, "attention": ContextAttention}


def _ends(lengths: Sequence[int], device: torch.device) -> tuple[Tensor, Tensor]:
    """The texts that have tokens, and where the last of each stands."""
    counts = torch.tensor(lengths, device=device, dtype=torch.int64)
    there = counts.nonzero().squeeze(1)
    return there, (counts.cumsum(0) - 1)[there]


def segment_max(packed: Tensor, lengths: Sequence[int]) -> Tensor:
    """(N, D) to (B, D): the largest value of each dimension in each text; zeros for a text without tokens."""
    places = rows_of(lengths, packed.device)[:, None].expand_as(packed)
    return packed.new_zeros(len(lengths), packed.shape[1]).scatter_reduce(0, places, packed, "amax", include_self=False)


def winners(packed: Tensor, largest: Tensor, lengths: Sequence[int]) -> Tensor:
    """(N, D): 1 where a token holds the largest value of its text, divided among equals."""
    rows = rows_of(lengths, packed.device)
    won = (packed == largest[rows]).to(packed.dtype)
    return won / torch.zeros_like(largest).index_add(0, rows, won)[rows]


def uniform(lengths: Sequence[int], like: Tensor) -> Tensor:
    """(N,) equal weights that sum to one in each text, in the type and place of `like`."""
    counts = torch.tensor(lengths, dtype=like.dtype, device=like.device)
    return (1 / counts)[rows_of(lengths, like.device)]


def shares(values: Tensor, lengths: Sequence[int]) -> Tensor:
    """(N,) non-negative values scaled to sum to one in each text; equal shares where all of a text's values are 0."""
    rows = rows_of(lengths, values.device)
    totals = values.new_zeros(len(lengths)).index_add(0, rows, values)[rows]
    tiny = torch.finfo(values.dtype).tiny
    return torch.where(totals > tiny, values / totals.clamp(min=tiny), uniform(lengths, values))
