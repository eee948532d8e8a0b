"""Local attention: a window around a place in the source that each query has.

    local-m     p_t = t,                                  |j - p_t| <= D        Luong et al. 2015, section 3.2
    local-p     p_t = S sigmoid(v · tanh(W q_t)),         |j - p_t| <= D,
                weights times exp(-(j - p_t)^2 / (2 (D / 2)^2))                 equations 9 and 10
    local-p*    the D keys of the largest relevance sigmoid(v · tanh(W k_j)), for every query alike
                                                          the many-to-one form of uzaymacar/attention-mechanisms

S is the last place of the source. The Gaussian factor is not normalised again, as in the paper.

Axes: B texts, H heads, Q queries, K keys, d width of a head.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from headwork.attention.parts import Part
from headwork.attention.where import Where


@dataclass(frozen=True)
class LocalM(Part):
    """At most 2 `half` + 1 keys around the query's own step."""

    half: int

    def allowed(self, where: Where) -> Tensor:
        return (where.j - where.step).abs() <= self.half


class LocalP(Part, nn.Module):
    """W is (H, d, d), v (H, d); the deviation of the Gaussian is half of `half`."""

    learned = True

    def __init__(self, heads: int, dim: int, *, half: int) -> None:
        super().__init__()
        self.reach = half
        self.weight = nn.Parameter(torch.randn(heads, dim, dim) * dim**-0.5)
        self.out = nn.Parameter(torch.randn(heads, dim) * dim**-0.5)

    def centre(self, where: Where) -> Tensor:
        """(B, H, Q, 1) predicted places p_t between 0 and the last key."""
        hidden = (where.query @ self.weight).tanh()
        return (where.keys - 1) * (hidden * self.out[:, None]).sum(-1, keepdim=True).sigmoid()

    def allowed(self, where: Where) -> Tensor:
        return (where.j - self.centre(where).detach()).abs() <= self.reach

    def factor(self, where: Where) -> Tensor:
        return (-2 * ((where.j - self.centre(where)) / self.reach).square()).exp()


class LocalPStar(Part, nn.Module):
    """The `count` keys that look most relevant; their relevance weighs them, so that it can be learned."""

    learned = True
    whole_keys = True

    def __init__(self, heads: int, dim: int, *, count: int) -> None:
        super().__init__()
        self.count = count
        self.weight = nn.Parameter(torch.randn(heads, dim, dim) * dim**-0.5)
        self.out = nn.Parameter(torch.randn(heads, dim) * dim**-0.5)

    def relevance(self, where: Where) -> Tensor:
        """(B, H, 1, K) between 0 and 1; -1 behind the end of a text."""
        found = ((where.key @ self.weight).tanh() * self.out[:, None]).sum(-1).sigmoid().unsqueeze(-2)
        return found.masked_fill(where.j >= where.keys, -1.0)

    def allowed(self, where: Where) -> Tensor:
        relevance = self.relevance(where).detach()
        chosen = relevance.topk(min(self.count, relevance.shape[-1]), dim=-1).indices
        return torch.zeros_like(relevance, dtype=torch.bool).scatter(-1, chosen, True)

    def factor(self, where: Where) -> Tensor:
        return self.relevance(where).clamp(min=0)
