"""Recurrence over segments: a layer also sees the last hidden states of the segments before.

    h~ = [SG(h_τ-1) ; h_τ]       Dai et al. 2019, "Transformer-XL", section 3.2
    q, k, v = W_q h_τ, W_k h~, W_v h~

SG stops the gradient. The memory outlives a segment, so places must be relative (section 3.3).

Axes: B texts, M states remembered (at most `length`), T states of the new segment, D width.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Recurrence:
    """Keeps the last `length` hidden states of a layer. The state is the (B, M, D) tensor itself, at first None."""

    length: int

    def recall(self, state: Tensor | None, hidden: Tensor) -> Tensor:
        """(B, T, D) to (B, M + T, D): what keys and values are made of."""
        return hidden if state is None else torch.cat([state, hidden], 1)

    def remember(self, state: Tensor | None, hidden: Tensor) -> Tensor:
        """The state after a segment whose input to the layer was `hidden`; it shares nothing with its sources."""
        state = hidden[:, :0] if state is None else state
        kept = max(self.length - hidden.shape[1], 0)
        # slices come first, so that the state holds on to no storage longer than itself
        return torch.cat([_last(state, kept), _last(hidden, self.length)], 1).detach()


def _last(states: Tensor, count: int) -> Tensor:
    return states[:, max(states.shape[1] - count, 0) :]
