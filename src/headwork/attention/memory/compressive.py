"""Compressive memory: states too old for the first memory are compressed into a second, coarser one.

    C <- [C ; f(oldest of M)],   M <- [M ; h]      Rae et al. 2020, "Compressive Transformers", section 3.1, Algorithm 1
    f = mean or max over blocks of `rate` states, or a convolution of width and stride `rate`
    L = || attn(h, old) - attn(h, f(old)) ||_2     section 3.2, Algorithm 2
    attn(h, m) = softmax((h W_q)(m W_k)^T / sqrt(d)) (m W_v)

In L the gradient reaches f alone: h, old and the projections are constants there, and the states that `remember` gives
carry none, so f is learned from L only and L changes nothing else. L is the norm over a text, averaged over the texts.

States leave in whole blocks: up to rate - 1 more than `length` wait until theirs is full.

Axes: B texts, C compressed states, M recent states, T new states, D width of a state, H heads, d width of a head.
"""

from typing import Literal, NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.base.errors import HeadworkError


class Projects(Protocol):
    """An nn.Linear, or what has its weights."""

    @property
    def weight(self) -> Tensor: ...

    @property
    def bias(self) -> Tensor | None: ...


class Remembered(NamedTuple):
    """The state: (B, C, D) compressed states, older than the (B, M, D) recent ones."""

    compressed: Tensor
    recent: Tensor


class Compressive(nn.Module):
    """Keeps the last `length` states as they are, and before them `compressed` states of `rate` old ones each.

    `dim`, the width of a state, is asked for by how="conv" alone.
    """

    def __init__(
        self,
        length: int,
        compressed: int,
        rate: int,
        how: Literal["mean", "max", "conv"] = "mean",
        *,
        dim: int | None = None,
    ):
        super().__init__()
        if how not in ("mean", "max", "conv") or (how == "conv" and dim is None):
            raise HeadworkError(f"compression how={how!r}, dim={dim}; expected 'mean', 'max', or 'conv' with dim")
        self.length, self.compressed, self.rate, self.how = length, compressed, rate, how
        self.conv = nn.Conv1d(dim, dim, rate, stride=rate) if how == "conv" and dim else None

    def compress(self, states: Tensor) -> Tensor:
        """(B, n rate, D) to (B, n, D)."""
        if self.conv is not None:
            return self.conv(states.mT).mT
        blocks = states.unflatten(1, (-1, self.rate))
        return blocks.amax(2) if self.how == "max" else blocks.mean(2)

    def recall(self, state: Remembered | None, hidden: Tensor) -> Tensor:
        """(B, T, D) to (B, C + M + T, D): what keys and values are made of, the oldest first."""
        return hidden if state is None else torch.cat([*state, hidden], 1)

    @torch.no_grad()
    def remember(self, state: Remembered | None, hidden: Tensor) -> Remembered:
        """The state after a segment whose input to the layer was `hidden`, (B, T, D)."""
        compressed = hidden[:, :0] if state is None else state.compressed
        leaving, recent = self._split(state, hidden)
        if leaving.shape[1]:
            compressed = torch.cat([compressed, self.compress(leaving)], 1)
        # copies, so that a state neither changes with its sources nor keeps their storage alive
        return Remembered(compressed[:, max(compressed.shape[1] - self.compressed, 0) :].clone(), recent.clone())

    def loss(
        self,
        state: Remembered | None,
        hidden: Tensor,
        query: Projects,
        key: Projects,
        value: Projects,
        *,
        heads: int,
    ) -> Tensor:
        """L for the states that leave when `hidden` comes, given the layer's projections; 0 when none leaves."""
        leaving, _ = self._split(state, hidden.detach())
        if not leaving.shape[1]:
            return hidden.new_zeros(())
        q = _project(query, hidden.detach(), heads)

        def attend(states: Tensor) -> Tensor:
            return F.scaled_dot_product_attention(q, _project(key, states, heads), _project(value, states, heads))

        difference = attend(leaving) - attend(self.compress(leaving))
        return torch.linalg.vector_norm(difference, dim=(1, 2, 3)).mean()

    def _split(self, state: Remembered | None, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """The states that leave the first memory, whole blocks of them, and those that it holds from now on."""
        states = hidden if state is None else torch.cat([state.recent, hidden], 1)
        count = max(states.shape[1] - self.length, 0) // self.rate * self.rate
        return states[:, :count], states[:, count:]


def _project(layer: Projects, states: Tensor, heads: int) -> Tensor:
    """(B, T, D) to (B, H, T, d) by a layer that gets no gradient."""
    bias = None if layer.bias is None else layer.bias.detach()
    return F.linear(states, layer.weight.detach(), bias).unflatten(-1, (heads, -1)).transpose(1, 2)
