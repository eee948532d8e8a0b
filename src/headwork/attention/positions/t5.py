"""T5's relative position bias: one learned number for each head and bucket of distances.

    bias = b_h(bucket(j - i))      Raffel et al. 2020, section 2.1

Half of the buckets hold exact distances, the others grow logarithmically up to `furthest`; both ways have their own
when `both_ways`.

Axes: B texts, H heads, Q queries, K keys, N buckets.
"""

import math

import torch
from torch import Tensor, nn

from headwork.attention.parts import Part
from headwork.attention.where import Where


class T5(Part, nn.Module):
    """`table` is (N, H)."""

    learned = True

    def __init__(self, heads: int, *, buckets: int = 32, furthest: int = 128, both_ways: bool = True) -> None:
        super().__init__()
        self.buckets, self.furthest, self.both_ways = buckets, furthest, both_ways
        self.table = nn.Parameter(torch.randn(buckets, heads) * heads**-0.5)

    def bias(self, where: Where) -> Tensor:
        bucket = bucket_of(-where.distance, self.buckets, self.furthest, both_ways=self.both_ways)
        by_head = self.table[bucket].movedim(-1, -3)
        return by_head.squeeze(-4) if bucket.dim() == 4 else by_head


def bucket_of(ahead: Tensor, buckets: int, furthest: int, *, both_ways: bool) -> Tensor:
    """Bucket of each j - i."""
    first = torch.zeros_like(ahead)
    if both_ways:
        buckets //= 2
        first, distance = (ahead > 0) * buckets, ahead.abs()
    else:
        distance = (-ahead).clamp(min=0)
    exact = buckets // 2
    growth = (distance.clamp(min=1).double() / exact).log() / math.log(furthest / exact) * (buckets - exact)
    return first + torch.where(distance < exact, distance, (exact + growth.long()).clamp(max=buckets - 1))
