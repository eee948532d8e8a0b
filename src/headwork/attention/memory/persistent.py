"""Persistent memory: learned keys and values that every text sees, in place of a feed-forward sublayer.

    [m_1 … m_N, k_1 … k_K],   v likewise
    m_k = sqrt(d) m'_k,   m_v = sqrt(N) m'_v       with m'_k drawn from N(0, 1/d) and m'_v from N(0, 1/N)

Sukhbaatar et al. 2019, "Augmenting Self-attention with Persistent Memory", section 4.2; the factors: section 5.1.

The factors let Adam, whose steps have one size for all parameters, move these few vectors faster. They have no place in
the text: a mask must let every query see them, a position must not count them.

Axes: B texts, H heads, N persistent vectors a head, K keys, d width of a key, e of a value.
"""

import torch
from torch import Tensor, nn

from headwork.attention.memory.pairs import Pairs


class Persistent(nn.Module):
    """`count` learned pairs for each head, before the keys of the text."""

    def __init__(self, heads: int, count: int, dim: int, *, value_dim: int | None = None):
        super().__init__()
        self.key = nn.Parameter(torch.randn(heads, count, dim) * dim**-0.5)
        self.value = nn.Parameter(torch.randn(heads, count, value_dim or dim) * max(count, 1) ** -0.5)

    def pairs(self) -> Pairs:
        """The vectors as they are attended to, (1, H, N, d) and (1, H, N, e)."""
        count, dim = self.key.shape[1:]
        return Pairs(self.key[None] * dim**0.5, self.value[None] * count**0.5)

    def extend(self, key: Tensor, value: Tensor) -> Pairs:
        """(B, H, K, d) and (B, H, K, e) to (B, H, N + K, …)."""
        return self.pairs().extend(key, value)
