"""A block whose feed-forward sublayer is a product-key memory (Lample et al. 2019, section 3)."""

from torch import Tensor

from headwork.attention.memory import ProductKeyMemory
from headwork.layers.transformer import Block, CoreConfig
from headwork.ops.dropout import drop


class SlotBlock(Block):
    def __init__(self, config: CoreConfig, memory: ProductKeyMemory) -> None:
        super().__init__(config)
        del self.widen, self.narrow
        self.slots = memory

    def feed_forward(self, x: Tensor, *, residual: Tensor | None = None) -> Tensor:
        """(B, T, D), packed for the memory, whose batch norm must see no padding: segments have none."""
        found = drop(self.slots(x.flatten(0, -2)).view_as(x), self.config.dropout, self.training)
        return found if residual is None else residual + found
