"""How the entries of a datastore nearest to a state join in foretelling the token that follows it.

    interpolated   p_near(x) ∝ sum over the k entries near h with token x of exp(-||h - h_i||² / t)
                   p(x) = s p_near(x) + (1 - s) p_network(x)

    gated          m = c sum_k a_k y_k,   a = softmax_k(y_k · A h),   y_k = row of W of the token of entry k
                   g = sigmoid(w · h + b),   p = p_network of the state (1 - g) h + g m

interpolated: Khandelwal et al. 2020, "Generalization through Memorization: Nearest Neighbor Language Models". The share
s and the temperature t (1 in the paper) are numbers, not weights. They join in behind the network; with s = 0 it speaks
alone.

gated: Yogatama, de Masson d'Autume and Kong 2021, "Adaptive Semiparametric Language Models". The memory m joins in
before the table W of the output, by a gate that each state opens for itself. Here g is the share of the memory (the
paper gives that of the state), so that with g = 0 the network speaks alone. There the whole network learns with what
was found; here it is frozen, and A, c, w and b are all that learns. A and w begin at zero, which is the mean of the
rows and one gate for all, and b so low that little is let in. The scale c makes up for rows shorter than the states.

Axes: n states asked about, k nearest entries, D width of a state, V vocabulary.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from headwork.models.language import LanguageNetwork
from headwork.models.language_head import Judged

ASKED = 512
"""states that are asked about at once"""
SHUT = -4.0
"""b at first: the memory has 2 %"""


class Near(NamedTuple):
    """The nearest entries of each state, the nearest first, (n, k) each: squared distance and token."""

    distances: Tensor
    tokens: Tensor

    def chances(self, temperature: float, *, vocabulary: int) -> Tensor:
        """(n, V) p_near."""
        shares = (-self.distances / temperature).softmax(-1)
        return shares.new_zeros(len(shares), vocabulary).scatter_add(1, self.tokens, shares)

    def chance_of(self, answers: Tensor, temperature: float) -> Tensor:
        """(n,) p_near of one token for each state."""
        shares = (-self.distances / temperature).softmax(-1)
        return (shares * (self.tokens == answers[:, None])).sum(-1)


Find = Callable[[Tensor], Near]
"""(n, D) states to their nearest entries"""


class Joining(nn.Module, ABC):
    """What the network and the entries foretell together; its tensors are stored beside the entries."""

    @abstractmethod
    def log_probabilities(self, network: LanguageNetwork, states: Tensor, find: Find) -> Tensor:
        """(n, D) to (n, V) of the next token, in double precision."""

    @abstractmethod
    def judge(self, network: LanguageNetwork, states: Tensor, answers: Tensor, find: Find) -> Judged:
        """(B, T, D) states and the (B, T) tokens that follow: how likely each was."""

    @property
    def sound(self) -> bool:
        """Are its numbers some that it can have, beside being finite?"""
        return True


class Interpolated(Joining):
    share: Tensor
    """(1,) s, from 0 to below 1"""
    temperature: Tensor
    """(1,) t"""

    def __init__(self, share: float = 0.0, temperature: float = 1.0) -> None:
        super().__init__()
        self.register_buffer("share", torch.tensor([share], dtype=torch.float64))
        self.register_buffer("temperature", torch.tensor([temperature], dtype=torch.float64))

    def log_probabilities(self, network: LanguageNetwork, states: Tensor, find: Find) -> Tensor:
        alone, share = alone_of(network, states), self.share.item()
        if not share:
            return alone
        near = find(states).chances(self.temperature.item(), vocabulary=alone.shape[1])
        return torch.logaddexp(near.to(alone.dtype).log() + math.log(share), alone + math.log1p(-share))

    def judge(self, network: LanguageNetwork, states: Tensor, answers: Tensor, find: Find) -> Judged:
        if not self.share.item():
            return network.judge(states, answers)
        nats, right = [], []
        parts = (x.split(ASKED) for x in (states.flatten(0, 1), answers.flatten()))
        for asked, follows in zip(*parts, strict=True):
            log_p = self.log_probabilities(network, asked, find)
            nats.append(-log_p.gather(1, follows[:, None]).squeeze(1))
            right.append(log_p.argmax(1) == follows)
        return Judged(torch.cat(nats).view_as(answers), torch.cat(right).view_as(answers))

    @property
    def sound(self) -> bool:
        return 0 <= self.share.item() < 1 and self.temperature.item() > 0


class Gated(Joining):
    def __init__(self, width: int, *, scale: float = 1.0) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.zeros(width, width))
        """A"""
        self.scale = nn.Parameter(torch.tensor([scale]).log())
        """log c"""
        self.weight, self.bias = nn.Parameter(torch.zeros(width)), nn.Parameter(torch.tensor([SHUT]))
        """w and b"""

    def gates(self, states: Tensor) -> Tensor:
        """(…, D) states to the (…) shares of the memory."""
        return (states @ self.weight + self.bias).sigmoid()

    def forward(self, states: Tensor, tokens: Tensor, table: Tensor) -> Tensor:
        """(n, D) states, with the (n, k) tokens of their nearest entries, to the states that are read instead."""
        found = table[tokens]
        shares = torch.einsum("nkd,nd->nk", found, states @ self.query.T).softmax(-1)
        memory = self.scale.exp() * torch.einsum("nk,nkd->nd", shares, found)
        return torch.lerp(states, memory, self.gates(states)[:, None])

    def log_probabilities(self, network: LanguageNetwork, states: Tensor, find: Find) -> Tensor:
        return alone_of(network, self._joined(network, states, find))

    def judge(self, network: LanguageNetwork, states: Tensor, answers: Tensor, find: Find) -> Judged:
        joined = self._joined(network, states.flatten(0, 1), find)
        return network.judge(joined.view_as(states), answers)

    def _joined(self, network: LanguageNetwork, states: Tensor, find: Find) -> Tensor:
        """In parts, for a state finds many rows of the table."""
        table = network.rows_of_tokens
        return torch.cat([self(asked, find(asked).tokens, table) for asked in states.split(ASKED)])


JOININGS: dict[str, Callable[[int], Joining]] = {"interpolated": lambda width: Interpolated(), "gated": Gated}
"""by the width of a state"""


def alone_of(network: LanguageNetwork, states: Tensor) -> Tensor:
    """(n, D) to (n, V) as the network foretells without entries, in double precision."""
    return network.logits(states).double().log_softmax(-1)
