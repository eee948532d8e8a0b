"""What a scope or a position may do to attention, and how parts are joined by `&` and `|`.

    weights = factor * normaliser(score(turn(q, k)) + bias, only where allowed)

A scope mostly says what is allowed, a position mostly turns or biases; some do both (a learned span, local-p), so both
are parts. A part without learned weights is a frozen dataclass and hashable; one with them is an nn.Module.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, and_, mul, or_
from typing import Literal

from torch import Tensor

from headwork.attention.where import Where
from headwork.base.errors import HeadworkError

Band = tuple[int | None, int | None]
"""(back, ahead): keys with -ahead <= i - j <= back; None is without end"""


class Part:
    """One scope or one position: each method leaves things as they are until a part overrides it."""

    learned: bool = False
    """holds weights that want gradients"""
    exact_band: bool = False
    """`band` allows just what `allowed` does"""

    whole_keys: bool = False
    """judges all keys of a text together, not each pair for itself"""
    by_head: bool = False
    """may treat heads differently although it has no weights of its own"""

    def does(self, name: Literal["turn", "allowed", "bias", "factor"]) -> bool:
        """Does it change anything there?"""
        return getattr(type(self), name) is not getattr(Part, name)

    def turn(self, query: Tensor, key: Tensor, where: Where) -> tuple[Tensor, Tensor]:
        """Queries and keys as the score shall see them."""
        return query, key

    def allowed(self, where: Where) -> Tensor | None:
        """True where a query may look at a key, broadcastable to (B, H, Q, K); None: everywhere."""
        return None

    def bias(self, where: Where) -> Tensor | None:
        """Added to the scores, broadcastable to (B, H, Q, K)."""
        return None

    def factor(self, where: Where) -> Tensor | None:
        """Multiplies the normalised weights, broadcastable to (B, H, Q, K); rows then need not sum to one."""
        return None

    def up_to(self, longest: int) -> "Part":
        """The same for texts of up to so many tokens: what is alike for all of them is computed once."""
        return self

    def band(self) -> Band:
        """A band outside of which nothing is allowed."""
        return None, None

    def __and__(self, other: "Part") -> "Part":
        return Both((self, other))

    def __or__(self, other: "Part") -> "Part":
        return Either((self, other))


@dataclass(frozen=True)
class Both(Part):
    """All of several parts at once."""

    parts: tuple[Part, ...]

    @property
    def learned(self) -> bool:
        return any(part.learned for part in self.parts)

    @property
    def whole_keys(self) -> bool:
        return any(part.whole_keys for part in self.parts)

    def does(self, name: Literal["turn", "allowed", "bias", "factor"]) -> bool:
        return any(part.does(name) for part in self.parts)

    @property
    def exact_band(self) -> bool:
        return all(part.exact_band for part in self.parts)

    def turn(self, query: Tensor, key: Tensor, where: Where) -> tuple[Tensor, Tensor]:
        for part in self.parts:
            query, key = part.turn(query, key, where)
        return query, key

    def allowed(self, where: Where) -> Tensor | None:
        found = [allowed for part in self.parts if (allowed := part.allowed(where)) is not None]
        return _joined(found, and_)

    def bias(self, where: Where) -> Tensor | None:
        return _joined([bias for part in self.parts if (bias := part.bias(where)) is not None], add)

    def factor(self, where: Where) -> Tensor | None:
        return _joined([x for part in self.parts if (x := part.factor(where)) is not None], mul)

    def band(self) -> Band:
        backs, aheads = zip(*(part.band() for part in self.parts), strict=True) if self.parts else ((), ())
        return _narrowest(backs), _narrowest(aheads)


@dataclass(frozen=True)
class Either(Part):
    """What at least one of several scopes allows; each may only allow, not bias or weigh."""

    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        for part in self.parts:
            if part.does("turn") or part.does("bias") or part.does("factor"):
                raise HeadworkError(f"{part!r} weighs what it allows; join it with & instead of |")

    @property
    def whole_keys(self) -> bool:
        return any(part.whole_keys for part in self.parts)

    @property
    def learned(self) -> bool:
        return any(part.learned for part in self.parts)

    def allowed(self, where: Where) -> Tensor | None:
        found = [part.allowed(where) for part in self.parts]
        if any(allowed is None for allowed in found):
            return None
        return _joined([allowed for allowed in found if allowed is not None], or_)

    def band(self) -> Band:
        backs, aheads = zip(*(part.band() for part in self.parts), strict=True)
        return _widest(backs), _widest(aheads)


def _joined(found: Sequence[Tensor], join: Callable[[Tensor, Tensor], Tensor]) -> Tensor | None:
    return reduce(join, found) if found else None


def _narrowest(ends: Sequence[int | None]) -> int | None:
    known = [end for end in ends if end is not None]
    return min(known) if known else None


def _widest(ends: Sequence[int | None]) -> int | None:
    return None if any(end is None for end in ends) else max(end for end in ends if end is not None)
