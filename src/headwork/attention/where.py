"""Where the queries and keys of a score matrix stand: all that a score, a scope or a position may look at.

Axes: B texts, H heads, Q queries, K keys, d width of a head.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Where:
    """A rectangle of the score matrix.

    query (B, H, Q, d) and key (B, H, K, d): as given, before any position turns them.
    i: places of the queries among the keys, broadcastable to (B, 1, Q, 1). The last query of a text stands at its last
    key (lower-right alignment), so that i counts on when a cache or a memory lengthens the keys.
    step: places of the queries in their own sequence. j: places of the keys, broadcastable to (B, 1, 1, K).
    keys: keys of each text, (B, 1, 1, 1) or a number. texts: (B,) which text of the call each row is.
    """

    query: Tensor
    key: Tensor
    i: Tensor
    step: Tensor
    j: Tensor
    keys: Tensor | int
    texts: Tensor
    scale: float = 1.0
    """by which the score multiplies q · k; relative positions scale their part alike"""

    @classmethod
    def of(cls, query: Tensor, key: Tensor, texts: Tensor | None = None, scale: float = 1.0) -> "Where":
        """The whole rectangle of B texts of one shape, queries aligned to the lower right."""
        queries, keys, device = query.shape[2], key.shape[2], query.device
        step = torch.arange(queries, device=device)[:, None]
        if texts is None:
            texts = torch.arange(len(query), device=device)
        return cls(
            query, key, step + (keys - queries), step, torch.arange(keys, device=device)[None], keys, texts, scale
        )

    def rows(self, chosen: Tensor) -> "Where":
        """The rectangle of some queries alone; `chosen` are their places along Q."""
        return replace(
            self,
            query=self.query[:, :, chosen],
            i=self.i.expand(*self.i.shape[:-2], self.query.shape[2], 1)[..., chosen, :],
            step=self.step.expand(*self.step.shape[:-2], self.query.shape[2], 1)[..., chosen, :],
        )

    @property
    def distance(self) -> Tensor:
        """i - j, broadcastable to (B, 1, Q, K): how far back a key lies."""
        return self.i - self.j
