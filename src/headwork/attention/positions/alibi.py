"""ALiBi: a penalty that grows with the distance, at another rate for each head.

    bias = -m_h |i - j|,   m_h = 2^(-8 h / H) for h = 1 … H      Press, Smith and Lewis 2022, section 3

For a number of heads that is not a power of two, the slopes are those of the next smaller power and then every other
one of the next larger, as in the authors' code.

Axes: B texts, H heads, Q queries, K keys.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from headwork.attention.parts import Part
from headwork.attention.where import Where


@dataclass(frozen=True)
class ALiBi(Part):
    by_head = True

    def bias(self, where: Where) -> Tensor:
        heads = where.query.shape[1]
        slopes = torch.tensor(slopes_of(heads), dtype=where.query.dtype, device=where.query.device)
        return -slopes[:, None, None] * where.distance.abs()


def slopes_of(heads: int) -> list[float]:
    """m_h of each head."""
    power = 2 ** math.floor(math.log2(heads))
    own = [2 ** (-8 * head / power) for head in range(1, power + 1)]
    between = [2 ** (-4 * head / power) for head in range(1, 2 * (heads - power), 2)]
    return own + between
