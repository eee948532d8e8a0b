"""Two towers: a query and a document become vectors apart, and their cosine says how well they fit.

    score(q, d) = cos(f(q), g(d))

f and g are one network with one set of weights, or two (Husain et al. 2019, "CodeSearchNet challenge", section 4.1; as
bi-encoders Reimers and Gurevych 2019). They learn from batches of pairs, in which the documents of others are the wrong
answers (`headwork.layers.contrastive`); the cosines are multiplied by `scale`, one over the temperature.

Axes: B pairs, D width.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any, Literal, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from headwork.ops.packed import PairBatch, TokenBatch
from headwork.ops.threads import each_in_a_thread

MOST = 100.0
"""no learned scale is larger (Radford et al. 2021, section 2.5)"""


class Tower(Protocol):
    """A network that makes vectors of texts."""

    @property
    def width(self) -> int:
        """D"""
        ...

    def vectors(self, batch: TokenBatch) -> Tensor:
        """(B, D)"""
        ...


def unit_vectors(tower: Tower, batches: Iterable[TokenBatch]) -> Tensor:
    """(texts of all batches, D) of length 1, without gradients; zeros for texts without tokens."""
    return functional.normalize(torch.cat(each_in_a_thread(tower.vectors, batches)), dim=1)


class Towers(nn.Module):
    """`build` makes a tower; with one of them it reads both kinds of texts."""

    def __init__(
        self,
        build: Callable[[], nn.Module],
        *,
        towers: Literal["one", "two"],
        scale: float,
        temperature: Literal["fixed", "learned"],
    ) -> None:
        super().__init__()
        self.documents: Any = build()
        self.queries: Any = self.documents if towers == "one" else build()
        self.log_scale = nn.Parameter(torch.tensor(math.log(scale)), requires_grad=temperature == "learned")

    @property
    def scale(self) -> Tensor:
        return self.log_scale.exp().clamp(max=MOST)

    def both(self, batch: PairBatch) -> tuple[Tensor, Tensor]:
        """(B, D) of the queries and of the documents, of length 1."""
        if self.queries is self.documents:
            first, second = self.documents.vectors(batch.joined()).chunk(2)
        else:
            first, second = self.queries.vectors(batch.first), self.documents.vectors(batch.second)
        return functional.normalize(first, dim=1), functional.normalize(second, dim=1)

    def forward(self, batch: PairBatch) -> Tensor:
        """(B, B) cosines of each query with each document of the batch, scaled."""
        queries, documents = self.both(batch)
        return self.scale * queries @ documents.T
