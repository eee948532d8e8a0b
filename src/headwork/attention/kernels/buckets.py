"""Attention within buckets: queries and keys are gathered bucket by bucket, and each bucket is computed alone.

    Kitaev, Kaiser and Levskaya 2020 (Reformer), section 2; Roy et al. 2021 (Routing Transformer), section 4.1

The papers cut the sorted sequence into chunks of one size and lose the pairs between chunks. Here each bucket is padded
to the largest, so that no pair is lost; memory is that of C rectangles of the largest bucket.

Axes: B texts, H heads, Q queries, K keys, C buckets, m places of the largest bucket, d width of a head.
"""

import torch
from torch import Tensor

from headwork.attention.kernels.base import Kernel, Request
from headwork.attention.mechanism import Mechanism, dense, leaves
from headwork.attention.parts import Both, Either, Part
from headwork.attention.scopes import Causal, Hashed, Routed
from headwork.attention.where import Where

WORTH_FROM = 256
"""keys from which gathering costs less than the pairs that it saves"""


def run(mechanism: Mechanism, value: Tensor, where: Where, present: Tensor | None = None) -> Tensor:
    scope = next(part for part in leaves(mechanism.parts) if isinstance(part, Hashed | Routed))
    texts, heads = where.query.shape[:2]
    present = where.query.new_ones(1, 1, 1, 1, dtype=torch.bool) if present is None else present
    of_query = Gathered.of(scope, where.query, present.any(-1))
    of_key = Gathered.of(scope, where.key, present.any(-2))
    i, j = (places.expand(texts, heads, -1, 1) for places in (where.i, where.j.transpose(-1, -2)))
    inside = Where(
        of_query(where.query),
        of_key(where.key),
        of_query(i),
        of_query(where.step.expand(texts, heads, -1, 1)),
        of_key(j).transpose(-1, -2),
        where.keys if isinstance(where.keys, int) else where.keys.repeat_interleave(scope.count, 0),
        where.texts.repeat_interleave(scope.count),
        where.scale,
    )
    real = of_query.filled.unsqueeze(-1) & of_key.filled.unsqueeze(-2)
    mixed = dense(mechanism, of_key(value), inside, real).output
    return of_query.back(mixed)


class Gathered:
    """Where each of (B, H, L) places goes: into (B C, H, m) places, bucket by bucket in their own order.

    A place whose bucket is C, which does not exist, goes nowhere.
    """

    def __init__(self, slots: Tensor, filled: Tensor, largest: int, count: int) -> None:
        self.slots, self.filled, self.largest, self.count = slots, filled, largest, count

    @classmethod
    def of(cls, scope: Hashed | Routed, x: Tensor, there: Tensor) -> "Gathered":
        """Of the (B, H, L, d) places that are there."""
        count, places = scope.count, x.shape[2]
        buckets = scope.buckets(x).squeeze(2).masked_fill(~there.expand(x.shape[:3]), count)
        sizes = buckets.new_zeros(*buckets.shape[:-1], count + 1).scatter_add(-1, buckets, torch.ones_like(buckets))
        largest = max(1, int(sizes[..., :count].max()))
        order = buckets.argsort(dim=-1, stable=True)
        starts = sizes.cumsum(-1) - sizes
        sorted_buckets = buckets.gather(-1, order)
        rank = torch.arange(places, device=buckets.device) - starts.gather(-1, sorted_buckets)
        inside = sorted_buckets < count
        # One slot behind the last takes what goes nowhere.
        slot = torch.where(inside, sorted_buckets * largest + rank, count * largest)
        slots = torch.empty_like(slot).scatter(-1, order, slot)
        filled = torch.arange(largest, device=buckets.device) < sizes[..., :count].unsqueeze(-1)
        return cls(slots, filled.transpose(1, 2).flatten(0, 1), largest, count)

    def __call__(self, x: Tensor) -> Tensor:
        """(B, H, L, d) to (B C, H, m, d), zeros where a bucket is not full."""
        whole = x.new_zeros(*x.shape[:2], self.count * self.largest + 1, x.shape[-1])
        whole = whole.scatter(2, self.slots.unsqueeze(-1).expand_as(x), x)[:, :, :-1]
        return whole.unflatten(2, (self.count, self.largest)).transpose(1, 2).flatten(0, 1)

    def back(self, x: Tensor) -> Tensor:
        """The inverse, (B C, H, m, e) to (B, H, L, e); zeros for what went nowhere."""
        whole = x.unflatten(0, (-1, self.count)).transpose(1, 2).flatten(2, 3)
        whole = torch.cat([whole, whole.new_zeros(*whole.shape[:2], 1, whole.shape[-1])], dim=2)
        return whole.gather(2, self.slots.unsqueeze(-1).expand(*self.slots.shape, x.shape[-1]))


def obstacle(mechanism: Mechanism, request: Request) -> str:
    sorts = [part for part in leaves(mechanism.scope) if isinstance(part, Hashed | Routed)]
    if len(sorts) != 1 or _any_either(mechanism.scope):
        return "the scope is not of one sort of buckets"
    for part in leaves(mechanism.parts):
        if isinstance(part, Hashed) and part.rounds > 1:
            return f"{part.rounds} rounds of hashing put a pair together in more than one way"
        if not isinstance(part, Hashed | Routed | Causal):
            return f"{type(part).__name__} beside the buckets"
    return ""


def _any_either(part: Part) -> bool:
    """Is anything within it joined by `|`?"""
    return isinstance(part, Either) or (isinstance(part, Both) and any(map(_any_either, part.parts)))


def worth(mechanism: Mechanism, request: Request) -> bool:
    return request.keys >= WORTH_FROM and any(isinstance(part, Hashed | Routed) for part in leaves(mechanism.scope))


def extra_bytes(mechanism: Mechanism, request: Request) -> int:
    """Scores and weights of buckets that share the places evenly."""
    count = next((part.count for part in leaves(mechanism.scope) if isinstance(part, Hashed | Routed)), 1)
    return 2 * request.pair_bytes // count


KERNEL = Kernel(name="buckets", does="each bucket alone", obstacle=obstacle, worth=worth, extra_bytes=extra_bytes)
