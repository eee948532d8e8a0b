"""Scopes that are bands of the score matrix: full, causal, window, and the causal window.

    full      every key                          "global" attention of Luong, Pham and Manning 2015, section 3.1
    causal    j <= i                             Vaswani et al. 2017, section 3.2.3
    window    -ahead <= i - j <= back            Beltagy, Peters and Cohan 2020 (Longformer), section 3.1

The last query of a text stands at its last key, so that causal is aligned to the lower right.

Axes: B texts, H heads, Q queries, K keys.
"""

from dataclasses import dataclass

from torch import Tensor

from headwork.attention.parts import Band, Part
from headwork.attention.where import Where


@dataclass(frozen=True)
class Full(Part):
    exact_band = True


@dataclass(frozen=True)
class Causal(Part):
    exact_band = True

    def allowed(self, where: Where) -> Tensor:
        return where.distance >= 0

    def band(self) -> Band:
        return None, 0


@dataclass(frozen=True)
class Window(Part):
    """`back` keys behind a query, as many or `ahead` before it, and the one where it stands."""

    back: int
    ahead: int | None = None
    exact_band = True

    def allowed(self, where: Where) -> Tensor:
        back, ahead = self.band()
        return (where.distance <= back) & (where.distance >= -ahead)

    def band(self) -> tuple[int, int]:
        return self.back, self.back if self.ahead is None else self.ahead
