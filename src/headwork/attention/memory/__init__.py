"""Memories: what attention can look at beside the text in hand, one mechanism a file.

`Recurrence` and `Compressive` keep hidden states, `Persistent` and `Cache` keep keys and values; all of these come
before the new keys, so that a mask aligned to the lower right needs no change. `Nearest` keeps keys and values too, and
attends to them apart from the new ones. `LowRank` makes the keys fewer instead.
`ProductKeyMemory` stands in the place of a feed-forward sublayer.
"""

from headwork.attention.memory.cache import Cache
from headwork.attention.memory.compressive import Compressive, Remembered
from headwork.attention.memory.low_rank import LowRank
from headwork.attention.memory.nearest import Nearest
from headwork.attention.memory.pairs import Extends, Pairs
from headwork.attention.memory.persistent import Persistent
from headwork.attention.memory.product_keys import ProductKeyMemory, Slots
from headwork.attention.memory.recurrence import Recurrence
from headwork.attention.memory.usage import Usage

MEMORIES = {
    "recurrence": Recurrence,
    "compressive": Compressive,
    "nearest": Nearest,
    "persistent": Persistent,
    "cache": Cache,
    "low-rank": LowRank,
    "product-keys": ProductKeyMemory,
}
"""every memory by its name in a recipe"""

__all__ = [
    "MEMORIES",
    "Cache",
    "Compressive",
    "Extends",
    "LowRank",
    "Nearest",
    "Pairs",
    "Persistent",
    "ProductKeyMemory",
    "Recurrence",
    "Remembered",
    "Slots",
    "Usage",
]
