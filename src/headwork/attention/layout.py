"""How texts of different length lie in a batch: padded rows, or packed end to end.

Axes: B texts, H heads, Q and K most queries and keys of a text, N queries or M keys of all texts together.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from headwork.attention.where import Where
from headwork.base.errors import HeadworkError


@dataclass(frozen=True)
class Padded:
    """(B, H, Q, d) and (B, H, K, d) with the padding behind each text; `queries` is `keys` when not given."""

    keys: tuple[int, ...]
    queries: tuple[int, ...] | None = None
    first_step: int = 0
    """place of the first query in its own sequence, for a decoder that asks one query at a time"""

    def where(self, query: Tensor, key: Tensor, scale: float) -> Where:
        """Each text aligned to the lower right of its own rectangle."""
        device = query.device
        if self.queries in (None, self.keys) and query.shape[2] == key.shape[2] and not self.first_step:
            keys = torch.tensor(self.keys, device=device)[:, None, None, None]
            return Where(query, key, keys=keys, scale=scale)
        keys, queries = (torch.tensor(x, device=device)[:, None, None, None] for x in (self.keys, self._queries))
        whole = Where.of(query, key, scale=scale)
        step = whole.step + self.first_step
        return Where(query, key, whole.step + (keys - queries), step, whole.j, keys, whole.texts, scale)

    def present(self, where: Where) -> Tensor:
        """(B, 1, Q, K): true where both the query and the key are real."""
        queries = torch.tensor(self._queries, device=where.j.device)[:, None, None, None]
        return (where.j < where.keys) & (where.step < queries + self.first_step)

    @property
    def _queries(self) -> tuple[int, ...]:
        return self.keys if self.queries is None else self.queries

    @property
    def lengths(self) -> tuple[tuple[int, int], ...]:
        """(queries, keys) of each text."""
        return tuple(zip(self._queries, self.keys, strict=True))

    def check(self, query: Tensor, key: Tensor) -> None:
        for name, lengths, x in (("queries", self._queries, query), ("keys", self.keys, key)):
            if len(lengths) != x.shape[0] or max(lengths, default=0) > x.shape[2]:
                raise HeadworkError(
                    f"attend: {len(lengths)} lengths of {name} up to {max(lengths, default=0)}, but the tensor is "
                    f"{tuple(x.shape)} (texts, heads, {name}, width)"
                )


@dataclass(frozen=True)
class Packed:
    """(N, H, d) and (M, H, d), text after text; `queries` is `keys` when not given."""

    keys: tuple[int, ...]
    queries: tuple[int, ...] | None = None

    @cached_property
    def lengths(self) -> tuple[tuple[int, int], ...]:
        """(queries, keys) of each text."""
        return tuple(zip(self.keys if self.queries is None else self.queries, self.keys, strict=True))

    def check(self, query: Tensor, key: Tensor) -> None:
        if self.queries is not None and len(self.queries) != len(self.keys):
            raise HeadworkError(f"attend: {len(self.queries)} lengths of queries and {len(self.keys)} of keys")
        for name, x, total in (
            ("queries", query, sum(queries for queries, _ in self.lengths)),
            ("keys", key, sum(self.keys)),
        ):
            if len(x) != total:
                raise HeadworkError(
                    f"attend: the lengths add up to {total} {name}, but the tensor is {tuple(x.shape)} "
                    f"(packed {name}, heads, width)"
                )


Layout = Padded | Packed
