"""Additive score, and concat, which is the same with one matrix over both.

    s = v · tanh(W q + U k)     Bahdanau, Cho and Bengio 2015, appendix A.1.2
    s = v · tanh(W [q; k])      Luong, Pham and Manning 2015, section 3.1, "concat"

Axes: B texts, H heads, Q queries, K keys, d width of a query's head, e width of a key's, A hidden width.
"""

import torch
from torch import Tensor, nn

from headwork.attention.where import Where


class Additive(nn.Module):
    """W is (H, d, A), U (H, e, A), v (H, A)."""

    learned = True

    def __init__(self, heads: int, dim: int, *, key_dim: int | None = None, hidden: int | None = None) -> None:
        super().__init__()
        key_dim, hidden = key_dim or dim, hidden or dim
        self.query_weight = nn.Parameter(torch.randn(heads, dim, hidden) * dim**-0.5)
        self.key_weight = nn.Parameter(torch.randn(heads, key_dim, hidden) * key_dim**-0.5)
        self.out = nn.Parameter(torch.randn(heads, hidden) * hidden**-0.5)

    def scale(self, width: int) -> float:
        return 1.0

    def dense(self, query: Tensor, key: Tensor, where: Where) -> Tensor:
        """Holds (B, H, Q, K, A) numbers for a moment."""
        return hidden_score(query @ self.query_weight, key @ self.key_weight, self.out)

    def product(self, query: Tensor, key: Tensor) -> None:
        return None

    def ready(self, key: Tensor) -> tuple["Asked", Tensor]:
        """The score of keys that many queries will ask, and (B, H, K, A) U k, computed once."""
        return Asked(self.query_weight, self.out), key @ self.key_weight


class Asked:
    """v · tanh(W q + u) of keys u that are ready."""

    learned = True

    def __init__(self, query_weight: Tensor, out: Tensor) -> None:
        self.query_weight, self.out = query_weight, out

    def scale(self, width: int) -> float:
        return 1.0

    def dense(self, query: Tensor, key: Tensor, where: Where) -> Tensor:
        return hidden_score(query @ self.query_weight, key, self.out)

    def product(self, query: Tensor, key: Tensor) -> None:
        return None


class Concat(nn.Module):
    """W is (H, d + e, A), v (H, A)."""

    learned = True

    def __init__(self, heads: int, dim: int, *, key_dim: int | None = None, hidden: int | None = None) -> None:
        super().__init__()
        both, hidden = dim + (key_dim or dim), hidden or dim
        self.weight = nn.Parameter(torch.randn(heads, both, hidden) * both**-0.5)
        self.out = nn.Parameter(torch.randn(heads, hidden) * hidden**-0.5)

    def scale(self, width: int) -> float:
        return 1.0

    def dense(self, query: Tensor, key: Tensor, where: Where) -> Tensor:
        """W [q; k] is the sum of two products, so that no pair is laid end to end; (B, H, Q, K, A) for a moment."""
        for_query, for_key = self.weight.split([query.shape[-1], key.shape[-1]], dim=1)
        return hidden_score(query @ for_query, key @ for_key, self.out)

    def product(self, query: Tensor, key: Tensor) -> None:
        return None

    def ready(self, key: Tensor) -> tuple[Asked, Tensor]:
        """As `Additive.ready`."""
        for_query, for_key = self.weight.split([self.weight.shape[1] - key.shape[-1], key.shape[-1]], dim=1)
        return Asked(for_query, self.out), key @ for_key


def hidden_score(query: Tensor, key: Tensor, out: Tensor) -> Tensor:
    """(B, H, Q, A), (B, H, K, A) and (H, A) to v · tanh(q + k), (B, H, Q, K)."""
    hidden = (query.unsqueeze(-2) + key.unsqueeze(-3)).tanh()
    return torch.einsum("bhqka,ha->bhqk", hidden, out)
