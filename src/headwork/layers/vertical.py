"""Vertical self-attention: vectors that stand below each other in the rows of a table look at each other.

    x_1 … x_K of one place (a word of the question, or a column) in K rows -> blocks of self-attention over the K
    y = mean of what comes out

No row has a position, so that y is the same whatever the order of the rows. Yin et al. 2020, "TaBERT", section 3.1,
figure 1.

Axes: A places of all tables, K rows of a place, D width.
"""

from collections.abc import Sequence

import msgspec
from torch import Tensor, nn

from headwork.layers.transformer import Block, CoreConfig, initialise
from headwork.ops.packed import segment_mean


class Vertical(nn.Module):
    """Blocks of the same shape as those of the core below, but for their heads where that is said."""

    def __init__(self, core: CoreConfig, layers: int, *, heads: int = 0):
        """`heads` is 0 for as many as the core has."""
        super().__init__()
        plain = msgspec.structs.replace(core, causal=False, relative_types=False, heads=heads or core.heads)
        self.blocks = nn.ModuleList(Block(plain) for _ in range(layers))
        self.apply(initialise)

    def forward(self, x: Tensor, rows: Sequence[int]) -> Tensor:
        """(sum of rows, D), the rows of a place behind each other, to (A, D); `rows` says how many each place has."""
        return segment_mean(self.looked(x, rows), rows)

    def looked(self, x: Tensor, rows: Sequence[int]) -> Tensor:
        """The same before the mean."""
        for block in self.blocks:
            x = block(x, rows)
        return x
