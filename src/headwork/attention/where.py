"""Where the queries and keys of a score matrix stand: all that a score, a scope or a position may look at.

Axes: B texts, H heads, Q queries, K keys, d width of a head.
"""

from functools import cached_property

import torch
from torch import Tensor


class Where:
    """A rectangle of the score matrix.

    query (B, H, Q, d) and key (B, H, K, d) are as given, before any position turns them. Places that are not given are
    those of whole texts of one shape; they are made when a part first asks for them, and most calls never ask.
    """

    def __init__(
        self,
        query: Tensor,
        key: Tensor,
        i: Tensor | None = None,
        step: Tensor | None = None,
        j: Tensor | None = None,
        keys: Tensor | int | None = None,
        texts: Tensor | int | None = None,
        scale: float = 1.0,
    ) -> None:
        self.query, self.key, self.scale = query, key, scale
        self.keys: Tensor | int = key.shape[2] if keys is None else keys
        """keys of each text, (B, 1, 1, 1) or a number"""
        self._i, self._step, self._j, self._texts = i, step, j, texts

    @classmethod
    def of(cls, query: Tensor, key: Tensor, texts: Tensor | int | None = None, scale: float = 1.0) -> "Where":
        """The whole rectangle of B texts of one shape; `texts` are their numbers in the call, or the first of them."""
        return cls(query, key, texts=texts, scale=scale)

    @cached_property
    def step(self) -> Tensor:
        """Places of the queries in their own sequence, broadcastable to (B, 1, Q, 1)."""
        if self._step is not None:
            return self._step
        return torch.arange(self.query.shape[2], device=self.query.device)[:, None]

    @cached_property
    def i(self) -> Tensor:
        """Places of the queries among the keys, broadcastable to (B, 1, Q, 1).

        The last query of a text stands at its last key (lower-right alignment), so that i counts on when a cache or a
        memory lengthens the keys.
        """
        return self.step + (self.key.shape[2] - self.query.shape[2]) if self._i is None else self._i

    @cached_property
    def j(self) -> Tensor:
        """Places of the keys, broadcastable to (B, 1, 1, K)."""
        return torch.arange(self.key.shape[2], device=self.key.device)[None] if self._j is None else self._j

    @cached_property
    def texts(self) -> Tensor:
        """(B,) which text of the call each row is."""
        if isinstance(self._texts, Tensor):
            return self._texts
        first = self._texts or 0
        return torch.arange(first, first + self.query.shape[0], device=self.query.device)

    @property
    def consecutive(self) -> bool:
        """Do the places of queries and keys follow on each other, alike in all texts? False where that is not known."""
        return self._i is None and self._step is None and self._j is None

    @property
    def distance(self) -> Tensor:
        """i - j, broadcastable to (B, 1, Q, K): how far back a key lies."""
        return self.i - self.j

    def rows(self, chosen: Tensor) -> "Where":
        """The rectangle of some queries alone; `chosen` are their places along Q."""
        i, step = (x.expand(*x.shape[:-2], self.query.shape[2], 1)[..., chosen, :] for x in (self.i, self.step))
        query = self.query[:, :, chosen]
        return Where(query, self.key, i, step, self.j, self.keys, self.texts, self.scale)

    def head(self, place: int) -> "Where":
        """One head alone."""
        query, key = (x[:, place : place + 1] for x in (self.query, self.key))
        return Where(query, key, self._i, self._step, self._j, self.keys, self._texts, self.scale)
