"""XLNet's relative segments: attention is told whether two tokens are of one segment, and not of which.

    s_ij += (q_i + b) · s / sqrt(d),   s = s_same where i and j are of one segment, else s_other

Yang et al. 2019, "XLNet", section 2.5. Where all tokens are of one segment, it adds one number to all scores of a row
and changes no weight.

Axes: B texts, H heads, Q queries, K keys, d width of a head.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from headwork.attention.parts import Part
from headwork.attention.scopes.texts import at_places
from headwork.attention.where import Where


class Segments(nn.Module):
    """b is (H, 1, d); s_same and s_other are (H, 2, d)."""

    def __init__(self, heads: int, dim: int) -> None:
        super().__init__()
        self.content = nn.Parameter(torch.zeros(heads, 1, dim))
        self.kinds = nn.Parameter(torch.randn(heads, 2, dim) * dim**-0.5)

    def of(self, types: Tensor) -> "OneSegment":
        """The part for texts whose (B, K) keys are of these segments; the last queries stand at the last keys."""
        return OneSegment(self, types)


@dataclass(frozen=True, eq=False)
class OneSegment(Part):
    segments: Segments
    types: Tensor
    learned = True

    def bias(self, where: Where) -> Tensor:
        asked = (where.query + self.segments.content) * where.scale
        same, other = (asked @ self.segments.kinds.transpose(-1, -2)).split(1, -1)
        of_query, of_key = (at_places(self.types, where.texts, places) for places in (where.i, where.j))
        return torch.where(of_query == of_key, same, other)
