"""Keys with their values, and what it means to remember some: they come before the new ones.

    [k_1 … k_M, k_M+1 … k_M+K],   v likewise

With the mask aligned to the lower right, the last query stands at the last key: whatever comes before is the past.

Axes: B texts, H heads, K keys, d width of a key, e of a value.
"""

from typing import NamedTuple, Protocol

import torch
from torch import Tensor


class Pairs(NamedTuple):
    """Keys (B, H, K, d) and their values (B, H, K, e); as a memory, B may be 1: the same for all texts."""

    key: Tensor
    value: Tensor

    def extend(self, key: Tensor, value: Tensor) -> "Pairs":
        """These pairs, then the new ones, in the new ones' kind of number."""
        return Pairs(_before(self.key, key), _before(self.value, value))


class Extends(Protocol):
    """A memory of keys and values."""

    def extend(self, key: Tensor, value: Tensor) -> Pairs:
        """(B, H, K, d) and (B, H, K, e) to (B, H, M + K, …): the M remembered ones first."""
        ...


def _before(remembered: Tensor, new: Tensor) -> Tensor:
    return torch.cat([remembered.to(new.dtype).expand(len(new), -1, -1, -1), new], 2)
