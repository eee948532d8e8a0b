"""A mechanism of attention: one choice on each axis, and the dense form that defines what it computes.

    o = mix(factor * normaliser(score(turn(q, k)) + bias, only where allowed), v)

Every kernel is a lowering of `dense`. Axes: B texts, H heads, Q queries, K keys, d and e widths of a head.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor, nn

from headwork.attention.mix import Mix, WeightedSum
from headwork.attention.normalisers import Normaliser, Softmax
from headwork.attention.parts import Both, Part
from headwork.attention.scopes import Full
from headwork.attention.scores import ScaledDot, Score
from headwork.attention.where import Where
from headwork.ops.dropout import drop


@dataclass(frozen=True)
class Mechanism:
    score: Score = ScaledDot()
    position: tuple[Part, ...] = ()
    scope: Part = Full()
    normaliser: Normaliser = Softmax()
    mix: Mix = WeightedSum()
    dropout: float = 0.0
    """share of the weights that is set to zero in training"""

    @cached_property
    def parts(self) -> Both:
        """Positions and scope together."""
        return Both((*self.position, self.scope))

    def up_to(self, longest: int) -> "Mechanism":
        """The same for texts of up to so many tokens, what is alike for all of them computed once."""
        position = tuple(part.up_to(longest) for part in self.position)
        return self if position == self.position else replace(self, position=position)

    def modules(self) -> Iterator[nn.Module]:
        """What has weights or buffers, so that a module can own it."""
        for part in (self.score, self.normaliser, self.mix, *leaves(self.parts)):
            if isinstance(part, nn.Module):
                yield part

    @property
    def trains(self) -> bool:
        """Does any of its own weights want a gradient?"""
        return any(parameter.requires_grad for module in self.modules() for parameter in module.parameters())

    @property
    def treats_heads_alike(self) -> bool:
        """Can one head be computed without the others?"""
        return not any(self.modules()) and not any(part.by_head for part in leaves(self.parts))


def leaves(part: Part) -> Iterator[Part]:
    """The parts that a joined part is made of."""
    joined = getattr(part, "parts", None)
    if joined is None:
        yield part
        return
    for one in joined:
        yield from leaves(one)


class Attended(NamedTuple):
    output: Tensor
    """(B, H, Q, e)"""
    weights: Tensor
    """(B, H, Q, K) before dropout"""


def dense(mechanism: Mechanism, value: Tensor, where: Where, present: Tensor | None = None) -> Attended:
    """The definition. `where` holds queries and keys; `present` is false where there is no query or no key."""
    given = weights(mechanism, where, present)
    return Attended(mechanism.mix.mixed(drop(given, mechanism.dropout), value, where), given)


def weights(mechanism: Mechanism, where: Where, present: Tensor | None = None) -> Tensor:
    """(B, H, Q, K) weights; a query without any key gets zeros."""
    shares = mechanism.normaliser(scores(mechanism, where, present))
    factor = mechanism.parts.factor(where)
    return shares if factor is None else shares * factor


def scores(mechanism: Mechanism, where: Where, present: Tensor | None = None) -> Tensor:
    """(B, H, Q, K) scores, minus infinity where a query may not look."""
    parts = mechanism.parts
    query, key = parts.turn(where.query, where.key, where)
    found = mechanism.score.dense(query, key, where)
    if (bias := parts.bias(where)) is not None:
        found = found + bias
    if (allowed := both(parts.allowed(where), present)) is not None:
        found = found.masked_fill(~allowed, -torch.inf)
    return found


def both(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    """Where two masks are true; None is true everywhere."""
    if one is None or other is None:
        return other if one is None else one
    return one & other
