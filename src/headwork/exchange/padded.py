"""An encoder over padded texts, in the plain operations that other runtimes know.

headwork's own networks read packed tokens, whose lengths are Python numbers; a graph for another runtime needs tensors
of free sizes instead. The weights are shared, not copied.

Axes: B texts, T tokens of the longest, H heads, D width, C classes.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.attention.choice import Choice
from headwork.base.errors import HeadworkError
from headwork.layers.transformer import Block, Core
from headwork.models.encoder import EncoderClassifier
from headwork.models.published import Published
from headwork.ops.linear import ACTIVATIONS


class PaddedCore(nn.Module):
    def __init__(self, core: Core) -> None:
        super().__init__()
        config = core.config
        plain = config.residual == "sum" and config.embedding_scale == 1.0 and not config.shared_keys
        if config.attention != Choice(score="scaled_dot") or config.absolute != "learned" or not plain:
            raise HeadworkError(f"no other library has this encoder's attention ({config.attention}); it stays here")
        self.core = core

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """(B, T) token ids and mask, 1 on tokens and 0 behind them, to (B, T, D) states."""
        core, config = self.core, self.core.config
        x = self._embed(ids)
        seen = mask.bool()[:, None, None, :]
        if config.causal:
            places = torch.arange(ids.shape[1], device=ids.device)
            seen = seen & (places <= places[:, None])
        for block in core.layers:
            x = self._block(block, x, seen)
        return core.norm(x)

    def _embed(self, ids: Tensor) -> Tensor:
        e = self.core.embeddings
        assert e.positions is not None
        x = e.tokens(ids) + e.positions(torch.arange(ids.shape[1], device=ids.device) + e.offset)
        if e.types is not None:
            x = x + e.types.weight[0]
        return e.widen(e.norm(x))

    def _block(self, block: Block, x: Tensor, seen: Tensor) -> Tensor:
        if self.core.config.norm == "pre":
            x = x + self._attend(block, block.attention_norm(x), seen)
            return x + self._feed_forward(block, block.ff_norm(x))
        x = block.attention_norm(x + self._attend(block, x, seen))
        return block.ff_norm(x + self._feed_forward(block, x))

    def _attend(self, block: Block, x: Tensor, seen: Tensor) -> Tensor:
        heads = self.core.config.heads
        q, k, v = block.attention.qkv(x).unflatten(2, (3, heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=seen)
        return block.attention.out(mixed.transpose(1, 2).flatten(2))

    def _feed_forward(self, block: Block, x: Tensor) -> Tensor:
        return block.narrow(ACTIVATIONS[self.core.config.activation](block.widen(x)))


class PaddedPublished(nn.Module):
    """All that a published model says, in the order of `names`."""

    def __init__(self, model: Published) -> None:
        super().__init__()
        self.core = PaddedCore(model.core)
        self.model = model
        config = model.config
        per_text = [name for name in ("order", "classes") if getattr(config, name)]
        per_token = [name for name in ("tags", "span") if getattr(config, name)]
        tokens = (["masked"] if config.masked else []) + (["next"] if config.core.causal else [])
        self.names = ["hidden", "pooled", *tokens, *per_text, *per_token]

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        hidden = self.core(ids, mask)
        return tuple(self.model.said(hidden, self._pooled(hidden, mask))[name] for name in self.names)

    def _pooled(self, hidden: Tensor, mask: Tensor) -> Tensor:
        if self.model.config.core.causal:
            return last_state(hidden, mask)
        return self.model.behind(hidden[:, 0])


def last_state(hidden: Tensor, mask: Tensor) -> Tensor:
    """(B, T, D) and (B, T) to the (B, D) states of the last tokens."""
    last = (mask.sum(1) - 1)[:, None, None].expand(-1, 1, hidden.shape[2])
    return hidden.gather(1, last).squeeze(1)


class PaddedClassifier(nn.Module):
    def __init__(self, network: EncoderClassifier, *, temperature: float) -> None:
        super().__init__()
        self.core = PaddedCore(network.core)
        self.network, self.temperature = network, temperature

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """(B, T) and (B, T) to the (B, C) logarithms of the probabilities that headwork gives."""
        config = self.network.config
        hidden = self.core(ids, mask)
        weights = mask.to(hidden.dtype)[:, :, None]
        if config.pooling == "mean":
            pooled = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)
        elif config.pooling == "cls":
            pooled = hidden[:, 0]
        elif config.pooling == "max":
            pooled = hidden.masked_fill(weights == 0, -torch.inf).amax(1)
        else:
            pooled = last_state(hidden, mask)
        if self.network.between is not None:
            pooled = ACTIVATIONS[config.between](cast(nn.Linear, self.network.between)(pooled))
        return (self.network.head(pooled) / self.temperature).log_softmax(-1)
