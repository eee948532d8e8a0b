"""An encoder over padded texts, or over pictures, in the plain operations that other runtimes know.

headwork's own networks read packed tokens, whose lengths are Python numbers; a graph for another runtime needs tensors
of free sizes instead. The weights are shared, not copied.

Axes: B texts, T tokens of the longest, H heads, D width, C classes.
"""

from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.attention.choice import Choice
from headwork.attention.mechanism import scores
from headwork.attention.where import Where
from headwork.base.errors import HeadworkError
from headwork.layers.patches import PatchEmbeddings
from headwork.layers.transformer import Block, Core
from headwork.models.clip import Clip
from headwork.models.encoder import EncoderClassifier
from headwork.models.published import Published
from headwork.ops.linear import ACTIVATIONS

Inputs = dict[str, tuple[Tensor, dict[int, torch.export.Dim]]]
"""by its name in the graph: an example, and which of its sizes are free"""
KNOWN = [(Choice(score="scaled_dot"), "learned"), (Choice(score="scaled_dot", position=("xl",)), "none")]
"""attention, and the positions that are added to embeddings"""


class PaddedCore(nn.Module):
    def __init__(self, core: Core) -> None:
        super().__init__()
        config = core.config
        plain = config.residual == "sum" and config.embedding_scale == 1.0 and not config.shared_keys
        if (config.attention, config.absolute) not in KNOWN or not plain:
            raise HeadworkError(f"no other library has this encoder's attention ({config.attention}); it stays here")
        self.core = core

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor | None = None) -> Tensor:
        """(B, T) token ids and mask, 1 on tokens and 0 behind them, to (B, T, D) states.

        `types` are the (B, T) segments, where attention is told of them.
        """
        seen = mask.bool()[:, None, None, :]
        if self.core.config.causal:
            places = torch.arange(ids.shape[1], device=ids.device)
            seen = seen & (places <= places[:, None])
        return self._through(self._embed(ids), seen, types)

    def look(self, pixels: Tensor) -> Tensor:
        """(B, channels, rows, columns) to (B, T, D) states."""
        embeddings = cast(PatchEmbeddings, self.core.embeddings)
        return self._through(embeddings.padded(pixels), None, None)

    def _through(self, x: Tensor, seen: Tensor | None, types: Tensor | None) -> Tensor:
        for block in self.core.layers:
            x = self._block(block, x, seen, types)
        return self.core.norm(x)

    def _embed(self, ids: Tensor) -> Tensor:
        e = self.core.embeddings
        x = e.tokens(ids)
        if e.positions is not None:
            x = x + e.positions(torch.arange(ids.shape[1], device=ids.device) + e.offset)
        if e.types is not None:
            x = x + e.types.weight[0]
        return e.widen(e.norm(x))

    def _block(self, block: Block, x: Tensor, seen: Tensor | None, types: Tensor | None) -> Tensor:
        if self.core.config.norm == "pre":
            x = x + self._attend(block, block.attention_norm(x), seen, types)
            return x + self._feed_forward(block, block.ff_norm(x))
        x = block.attention_norm(x + self._attend(block, x, seen, types))
        return block.ff_norm(x + self._feed_forward(block, x))

    def _attend(self, block: Block, x: Tensor, seen: Tensor | None, types: Tensor | None) -> Tensor:
        heads = self.core.config.heads
        q, k, v = block.attention.qkv(x).unflatten(2, (3, heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        mechanism = block.attention.told(types)
        if mechanism.position:
            found = scores(mechanism, Where.of(q, k, scale=mechanism.score.scale(q.shape[-1])))
            allowed = found if seen is None else found.masked_fill(~seen, -torch.inf)
            mixed = allowed.softmax(-1) @ v
        else:
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=seen)
        return block.attention.out(mixed.transpose(1, 2).flatten(2))

    def _feed_forward(self, block: Block, x: Tensor) -> Tensor:
        return block.narrow(ACTIVATIONS[self.core.config.activation](block.widen(x)))


def texts_of(core: PaddedCore) -> Inputs:
    texts, tokens = torch.export.Dim("texts"), torch.export.Dim("tokens", max=core.core.embeddings.room)
    examples = (torch.ones(2, 3, dtype=torch.int64) for _ in range(2))  # one tensor twice would be one input
    return {name: (next(examples), {0: texts, 1: tokens}) for name in ("input_ids", "attention_mask")}


def pictures_of(core: PaddedCore) -> Inputs:
    patches = core.core.config.patches
    assert patches is not None
    example = torch.zeros(3, patches.channels, patches.side, patches.side)
    return {"pixel_values": (example, {0: torch.export.Dim("pictures")})}


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
        self.inputs = texts_of(self.core)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        hidden = self.core(ids, mask)
        return tuple(self.model.said(hidden, self._pooled(hidden, mask))[name] for name in self.names)

    def _pooled(self, hidden: Tensor, mask: Tensor) -> Tensor:
        return self.model.behind(last_state(hidden, mask) if self.model.config.at_end else hidden[:, 0])


class PaddedPictures(nn.Module):
    """All that a published model of pictures says, in the order of `names`."""

    def __init__(self, model: Published) -> None:
        super().__init__()
        self.core, self.model = PaddedCore(model.core), model
        self.names = ["hidden", "pooled", *model.config.heads]
        self.inputs = pictures_of(self.core)

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        hidden = self.core.look(pixels)
        said = self.model.said(hidden, self.model.behind(hidden[:, 0]))
        return tuple(said[name] for name in self.names)


class PaddedClip(nn.Module):
    """Both towers: the logits of each picture over the texts, and the unit vectors."""

    names: ClassVar = ["logits_per_image", "image_embeds", "text_embeds"]

    def __init__(self, model: Clip) -> None:
        super().__init__()
        self.pictures, self.texts, self.model = PaddedCore(model.pictures), PaddedCore(model.texts), model
        self.inputs = {**pictures_of(self.pictures), **texts_of(self.texts)}

    def forward(self, pixels: Tensor, ids: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        ends = self.model.ends(self.texts(ids, mask), ids.masked_fill(mask == 0, -1))
        texts = F.normalize(self.model.text_projection(ends), dim=1)
        pictures = F.normalize(self.model.picture_projection(self.pictures.look(pixels)[:, 0]), dim=1)
        return self.model.logits(pictures, texts), pictures, texts


def last_state(hidden: Tensor, mask: Tensor) -> Tensor:
    """(B, T, D) and (B, T) to the (B, D) states of the last tokens."""
    last = (mask.sum(1) - 1)[:, None, None].expand(-1, 1, hidden.shape[2])
    return hidden.gather(1, last).squeeze(1)


class PaddedClassifier(nn.Module):
    names: ClassVar = ["logits"]

    def __init__(self, network: EncoderClassifier, *, temperature: float) -> None:
        super().__init__()
        self.core = PaddedCore(network.core)
        self.network, self.temperature = network, temperature
        self.inputs = texts_of(self.core)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """(B, T) and (B, T) to the (B, C) logarithms of the probabilities that headwork gives."""
        config = self.network.config
        hidden = self.core(ids, mask, self._types(mask))
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

    def _types(self, mask: Tensor) -> Tensor | None:
        """As `EncoderClassifier.types`."""
        if not self.network.core.config.relative_types:
            return None
        places = torch.arange(mask.shape[1], device=mask.device)
        return (places == mask.sum(1, keepdim=True) - 1).long()
