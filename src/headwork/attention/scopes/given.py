"""Pairs that are allowed by a mask that is given, as other libraries pass it.

Axes: B texts, H heads, Q queries, K keys.
"""

from dataclasses import dataclass

from torch import Tensor

from headwork.attention.parts import Part
from headwork.attention.where import Where


@dataclass(frozen=True, eq=False)
class Given(Part):
    """`mask` is broadcastable to (B, H, Q, K), true where a query may look. `added`, as broad, is added to the scores.

    A band says more in fewer bytes: prefer Causal, Window and a layout with lengths where they serve.
    """

    mask: Tensor | None = None
    added: Tensor | None = None
    whole_keys = True
    by_head = True

    def allowed(self, where: Where) -> Tensor | None:
        return None if self.mask is None else _rows(self.mask, where)

    def bias(self, where: Where) -> Tensor | None:
        return None if self.added is None else _rows(self.added, where)


def _rows(given: Tensor, where: Where) -> Tensor:
    """Of the texts, queries and keys at hand; keys that are left out stand at the end."""
    given = given[(None,) * (4 - given.dim())]
    if given.shape[0] > 1:
        given = given[where.texts]
    given = given[..., : where.j.shape[-1]]
    return given if given.shape[2] == 1 else given[:, :, where.step.flatten()]
