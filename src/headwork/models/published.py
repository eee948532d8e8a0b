"""A published encoder or decoder: a core with the heads that its file holds.

    h       = core(tokens)
    pooled  = a(W h_first + b)                              a is the family's, tanh or relu; h_last where it says so
    masked  = E norm(act(W h + b)) + c                      which token is hidden here (Devlin et al. 2019)
            = E h + c                                       (Yang et al. 2019)
    next    = E h                                           the next token (Radford et al. 2019)
    order   = W pooled + b                                  is the second text the next; are the two in order
    classes = W pooled + b,  tags = W h + b,  span = W h + b (where an answer starts and ends)

E is the table of token embeddings. Which heads there are, and how wide, follows from the tensors.

Axes: B texts, N packed tokens of all texts, D width, V vocabulary, C classes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.base.files import read_json, write_json
from headwork.layers.transformer import Batch, Core, CoreConfig, initialise
from headwork.layers.vertical import Vertical
from headwork.models.stored import load_tensors, save_tensors
from headwork.ops.linear import ACTIVATIONS, Linear
from headwork.ops.packed import segment_first, segment_last

Pooling = Literal["mean", "cls", "last", "max"]


class Sentences(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the states of a text become one vector (Reimers and Gurevych 2019, section 3)."""

    pooling: Pooling
    unit: bool = False
    """are the vectors brought to length 1"""


class OverRows(msgspec.Struct, frozen=True):
    """The layers between the rows of a table, by the names of the settings of `headwork.models.tabert`."""

    vertical: int
    vertical_heads: int
    kinds: tuple[str, str, str]


class PublishedConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the encoder, and the rows of each linear head, 0 where there is none."""

    family: str
    core: CoreConfig
    pooler: Literal["none", "tanh", "relu"] = "none"
    """what follows the linear layer of the pooled state; none: there is no such layer"""
    pooling: Literal["cls", "last"] = "cls"
    """whose state is pooled; the last token's in any causal core"""
    masked: bool = False
    masked_layer: bool = True
    """does the masked head have a layer of its own before the table"""
    order: int = 0
    classes: int = 0
    tags: int = 0
    span: int = 0
    labels: tuple[str, ...] = ()
    """of the classes or tags"""
    padding: int | None = None
    """the token that fills padded batches elsewhere; here nothing does"""
    sentences: Sentences | None = None
    """of a sentence encoder: how a text's states become its vector"""
    over_rows: OverRows | None = None
    """of an encoder of tables"""

    @property
    def at_end(self) -> bool:
        """Is the pooled state the last token's?"""
        return self.core.causal or self.pooling == "last"

    @property
    def heads(self) -> list[str]:
        """The names of those that there are."""
        there = {name: getattr(self, name) for name in ("masked", "order", "classes", "tags", "span")}
        return [name for name, rows in there.items() if rows]


def heads_of(tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """The rows of each linear head that the tensors have, and whether there is a masked one."""
    rows = {name: len(tensors.get(f"{name}.weight", ())) for name in ("order", "classes", "tags", "span")}
    masked = "masked.bias" in tensors
    return {**rows, "masked": masked, "masked_layer": not masked or "masked.dense.weight" in tensors}


class MaskedHead(nn.Module):
    """(N, D) states to (N, V) logits by the table of embeddings."""

    def __init__(self, core: CoreConfig, *, layer: bool) -> None:
        super().__init__()
        self.activation = ACTIVATIONS[core.activation]
        width = core.embedding_dim or core.dim
        self.dense = nn.Linear(core.dim, width) if layer else None
        self.norm = nn.LayerNorm(width, eps=core.eps) if layer else nn.Identity()
        self.bias = nn.Parameter(torch.zeros(core.vocabulary))

    def drawn(self) -> "MaskedHead":
        """Itself, with weights as those of a core are drawn."""
        return self.apply(initialise)

    def forward(self, hidden: Tensor, table: Tensor) -> Tensor:
        if self.dense is not None:
            hidden = self.norm(self.activation(self.dense(hidden)))
        return F.linear(hidden, table, self.bias)


class Published(nn.Module):
    def __init__(self, config: PublishedConfig) -> None:
        super().__init__()
        self.config = config
        dim = config.core.dim
        self.core = Core(config.core)
        self.pooler = Linear(dim, dim) if config.pooler != "none" else None
        self.masked = MaskedHead(config.core, layer=config.masked_layer) if config.masked else None
        self.order = nn.Linear(dim, config.order) if config.order else None
        self.classes = nn.Linear(dim, config.classes, bias=not config.core.causal) if config.classes else None
        self.tags = nn.Linear(dim, config.tags) if config.tags else None
        self.span = nn.Linear(dim, config.span) if config.span else None
        over = config.over_rows
        self.vertical = Vertical(config.core, over.vertical, heads=over.vertical_heads) if over else None
        """of TaBERT, which reads tables; texts do not meet it"""

    def forward(self, batch: Batch, *, types: Tensor | None = None) -> dict[str, Tensor]:
        """What each head says, by its name: `hidden` (N, D), `pooled` (B, D), `masked` or `next` (N, V), …"""
        hidden = self.core(batch, types=types)
        chosen = segment_last if self.config.at_end else segment_first
        return self.said(hidden, self.behind(chosen(hidden, batch.lengths)))

    def behind(self, chosen: Tensor) -> Tensor:
        """(B, D) states of the tokens that stand for their texts to pooled ones."""
        return chosen if self.pooler is None else ACTIVATIONS[self.config.pooler](self.pooler(chosen))

    def said(self, hidden: Tensor, pooled: Tensor) -> dict[str, Tensor]:
        """From (…, D) states of tokens and (B, D) of texts."""
        said = {"hidden": hidden, "pooled": pooled}
        if self.masked is not None:
            said["masked"] = self.masked(hidden, self.core.embeddings.tokens.weight)
        if self.config.core.causal:
            said["next"] = F.linear(hidden, self.core.embeddings.tokens.weight)
        for head, x in (("order", pooled), ("classes", pooled), ("tags", hidden), ("span", hidden)):
            if (linear := getattr(self, head)) is not None:
                said[head] = linear(x)
        return said


def save(model: Published, folder: Path) -> None:
    """config.json and model.safetensors in `folder`."""
    write_json(folder / "config.json", model.config)
    save_tensors(model, folder / "model.safetensors")


def read_config(folder: Path) -> PublishedConfig:
    return read_json(folder / "config.json", PublishedConfig)


def load(folder: Path) -> Published:
    """What `save` wrote; a file that does not fit is refused."""
    model = Published(read_config(folder))
    load_tensors(model, folder / "model.safetensors")
    return model.eval()
