"""Key-value cache: what a causal model has seen stays, so that a step makes one key instead of all.

    K_t = [K_t-1 ; k_t],   V_t = [V_t-1 ; v_t]

The buffers double when full: n steps copy fewer than 2n pairs, where joining at every step would copy n²/2. They lie
step by step, so that what is used of them is one piece and beams that live on copy no more than that.

Axes: B texts (or beams), H heads, K keys, d width of a key, e of a value.
"""

import torch
from torch import Tensor

from headwork.attention.memory.pairs import Pairs
from headwork.base.errors import HeadworkError


class Cache:
    """The pairs of one layer so far: a state that its owner makes and passes on, for prediction only.

    What `extend` returns are views: valid until `truncate` makes room that a later `extend` writes to.
    """

    def __init__(self, capacity: int = 64):
        self.capacity, self.length = capacity, 0
        self._buffers: tuple[Tensor, Tensor] | None = None

    def extend(self, key: Tensor, value: Tensor) -> Pairs:
        """Appends (B, H, K, d) and (B, H, K, e); returns all pairs so far."""
        if torch.is_grad_enabled() and (key.requires_grad or value.requires_grad):
            raise HeadworkError("a cache keeps no gradient, but these keys ask for one; predict under torch.no_grad()")
        key_buffer, value_buffer = self._room_for(key, value)
        start, self.length = self.length, self.length + key.shape[2]
        key_buffer[start : self.length] = key.detach().permute(2, 0, 1, 3)
        value_buffer[start : self.length] = value.detach().permute(2, 0, 1, 3)
        return self.pairs()

    def pairs(self) -> Pairs:
        """All pairs so far."""
        if self._buffers is None:
            raise HeadworkError("this cache is empty; extend it first")
        key, value = self._buffers
        return Pairs(key[: self.length].permute(1, 2, 0, 3), value[: self.length].permute(1, 2, 0, 3))

    def reorder(self, indices: Tensor) -> None:
        """Row b becomes what row `indices[b]` was: the beams that live on. There may be more or fewer than before."""
        if self._buffers is not None:
            key, value = self._buffers
            self._buffers = self._reordered(key, indices), self._reordered(value, indices)

    def truncate(self, length: int) -> None:
        """Forgets all but the first `length` pairs."""
        if not 0 <= length <= self.length:
            raise HeadworkError(f"cache: {length} pairs to be kept, {self.length} there; keep from 0 to all of them")
        self.length = length

    def _room_for(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """The buffers, made or grown where they do not hold the new pairs too."""
        found = (*key.shape[:2], key.shape[3], value.shape[3])
        held = found if self._buffers is None else (*self._buffers[0].shape[1:], self._buffers[1].shape[3])
        # writing into a slice would repeat a single row for all, without a word
        if found != held or key.shape[:3] != value.shape[:3]:
            raise HeadworkError(
                f"cache of (texts, heads, width of keys, of values) {held}: keys {tuple(key.shape)} and values "
                f"{tuple(value.shape)} to be added; only their number may differ"
            )
        needed = self.length + key.shape[2]
        if self._buffers is None or needed > self.capacity:
            self.capacity = max(self.capacity if self._buffers is None else 2 * self.capacity, needed)
            self._buffers = self._grown(key, 0), self._grown(value, 1)
        return self._buffers

    def _grown(self, like: Tensor, side: int) -> Tensor:
        buffer = like.new_empty(self.capacity, *like.shape[:2], like.shape[3])
        if self._buffers is not None:
            buffer[: self.length] = self._buffers[side][: self.length]
        return buffer

    def _reordered(self, buffer: Tensor, indices: Tensor) -> Tensor:
        fresh = buffer.new_empty(len(buffer), len(indices), *buffer.shape[2:])
        torch.index_select(buffer[: self.length], 1, indices, out=fresh[: self.length])
        return fresh
