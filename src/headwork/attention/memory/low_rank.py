"""Low-rank keys: a text's keys and values are mixed into a fixed number of them, so attention is linear in its length.

    softmax(Q (E K)^T / sqrt(d)) F V       Wang et al. 2020, "Linformer", section 4, eq. 7

E and F are shared by all heads ("headwise sharing", section 4). Each mixed key holds the whole text, so there is
neither a causal form nor a mask behind it: padding must be left out before. With rank = length and E = F = identity
this is full attention to a text of `length` tokens; a shorter one uses the first columns of E and F.

Axes: B texts, H heads, K keys (at most `length`), R mixed keys (`rank`), d width of a key, e of a value.
"""

import torch
from torch import Tensor, nn

from headwork.attention.memory.pairs import Pairs
from headwork.base.errors import HeadworkError


class LowRank(nn.Module):
    """E and F, (R, length) each, drawn from N(0, 1/R) as in the paper's proof: lengths are kept on average."""

    def __init__(self, length: int, rank: int):
        super().__init__()
        self.E = nn.Parameter(torch.randn(rank, length) * rank**-0.5)
        self.F = nn.Parameter(torch.randn(rank, length) * rank**-0.5)

    def shorten(self, key: Tensor, value: Tensor, mask: Tensor | None = None, *, causal: bool = False) -> Pairs:
        """(B, H, K, d) and (B, H, K, e) to (B, H, R, …); the (B, K) mask is true on tokens, the rest is left out."""
        keys, length = key.shape[2], self.E.shape[1]
        if causal:
            raise HeadworkError("causal attention to low-rank keys: each of them holds the whole text; use full keys")
        if keys > length:
            raise HeadworkError(f"a text of {keys} tokens for low-rank keys of length {length}; cut it or raise length")
        if mask is not None:
            key, value = (states.masked_fill(~mask[:, None, :, None], 0) for states in (key, value))
        return Pairs(self.E[:, :keys] @ key, self.F[:, :keys] @ value)
