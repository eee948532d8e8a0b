"""What a score is: how well each key answers each query.

Axes: B texts, H heads, Q queries, K keys, d width of a head.
"""

from typing import Protocol

from torch import Tensor

from headwork.attention.where import Where


class Score(Protocol):
    """`dense` is the formula. A score that is a product also says which: dense(q, k) = q' · k'."""

    @property
    def learned(self) -> bool: ...

    def scale(self, width: int) -> float:
        """By which q · k is multiplied; 1 where there is no such product."""
        ...

    def dense(self, query: Tensor, key: Tensor, where: Where) -> Tensor:
        """(B, H, Q, d) and (B, H, K, d) to (B, H, Q, K)."""
        ...

    def product(self, query: Tensor, key: Tensor) -> tuple[Tensor, Tensor] | None:
        """q' and k' whose plain products are the scores; None where there are none."""
        ...


class ProductScore:
    """A score that is a product: its dense form follows from `product`."""

    learned: bool = False

    def scale(self, width: int) -> float:
        return 1.0

    def product(self, query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
        raise NotImplementedError

    def dense(self, query: Tensor, key: Tensor, where: Where) -> Tensor:
        left, right = self.product(query, key)
        return left @ right.transpose(-1, -2)


def ready(score: Score, key: Tensor) -> tuple[Score, Tensor]:
    """The score and the keys, with all that many queries would compute again of the keys done once."""
    prepare = getattr(score, "ready", None)
    return prepare(key) if prepare else (score, key)
