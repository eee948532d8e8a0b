"""The order in which the tokens of a text become known, whatever their places.

    content stream   j such that z_j <= z_i: what was known before, and itself
    query stream     j such that z_j <  z_i: what was known before; itself is what is asked for

Yang et al. 2019, "XLNet", section 2.3.

Axes: B texts, Q queries, K keys.
"""

from dataclasses import dataclass

from torch import Tensor

from headwork.attention.parts import Part
from headwork.attention.scopes.texts import at_places
from headwork.attention.where import Where


@dataclass(frozen=True, eq=False)
class Order(Part):
    """`of_key` (B, K): when each key becomes known; `up_to` (B, Q): the last of them that each query may see."""

    of_key: Tensor
    up_to: Tensor

    def allowed(self, where: Where) -> Tensor:
        return at_places(self.of_key, where.texts, where.j) <= at_places(self.up_to, where.texts, where.step)
