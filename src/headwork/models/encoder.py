"""A Transformer encoder as a classifier: from scratch, or started from a published one.

    h = core(tokens);   z = the mean or the maximum of h over the text, or h of its first or last token
    logits = W z + b

Devlin et al. 2019, section 4.1 (cls); Reimers and Gurevych 2019, section 3 (mean, max). Where the published encoder has
a linear layer and an activation between z and W, so has this. A text that is longer than the model takes is cut, or
read in windows, which have a z each and one together (`headwork.data.long`, `headwork.layers.windows`).

Axes: B texts, W windows of all texts, N packed tokens of all texts, H heads, L tokens of one text, D width, C classes.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, Literal

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.attention.choice import Choice
from headwork.layers.pooling import segment_max
from headwork.layers.transformer import Core, CoreConfig
from headwork.layers.windows import Windows
from headwork.models import Weights
from headwork.models.pretrained import core_config, load_core, own_settings
from headwork.models.published import Pooling
from headwork.models.towers import unit_vectors
from headwork.ops.dropout import drop
from headwork.ops.linear import Linear, Precision, dtype_of, for_inference
from headwork.ops.packed import TokenBatch, rows_of, segment_first, segment_last, segment_mean

POOLINGS = {"mean": segment_mean, "cls": segment_first, "last": segment_last, "max": segment_max}

MINILM = CoreConfig(vocabulary=30522)
"""the published encoder, whose sizes the defaults are"""

AT_ONCE = 4096
"""tokens of a long text that are in the layers together when nothing is learned"""


class EncoderConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of an encoder; with `pretrained` its layers are that encoder's, whatever is said of layers here."""

    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"dim": 64, "layers": 2, "heads": 2, "ff": 128},
        "small": {},
        "base": {"dim": 256, "layers": 4, "heads": 8, "ff": 1024},
    }

    pretrained: str = ""
    """`minilm`, or the path of a folder with a published encoder's files or an imported one"""
    published: CoreConfig | None = None
    """the layers of the pretrained encoder; its folder says them"""
    tokens: Literal["words", "wordpiece", "bert"] = "words"
    max_tokens: int = 256
    """that are read at once, those that frame a text among them"""
    long: Literal["cut", "head-tail", "windows"] = "cut"
    """what becomes of a text of more tokens"""
    stride: int = 32
    """tokens that a window has in common with the one before"""
    window_pool: Literal["mean", "max", "attention"] = "mean"
    """how the vectors of windows become that of the text"""
    window_context: Literal["none", "gru"] = "none"
    """what windows hear of their neighbours before that"""
    train_windows: int = 4
    """most windows of a text in a step of training, taken evenly from its first to its last; 0: all"""
    depth: int = -1
    """layers of the pretrained encoder that are taken, from the lowest; -1: all; 0: its embeddings alone"""
    pooling: Pooling = "mean"
    between: Literal["none", "tanh", "relu"] = "none"
    """the activation of a linear layer behind the pooling; none: there is no such layer"""
    dropout: float = 0.1
    freeze: Literal["nothing", "embeddings", "encoder"] = "nothing"
    """what keeps its first weights in training"""
    dim: int = 128
    layers: int = 3
    heads: int = 4
    ff: int = 512
    score: str = "scaled_dot"
    """of queries and keys; this and the next four in words of the tables of headwork.attention, as in "window:64" """
    normaliser: str = "softmax"
    scope: str = "full"
    """several are joined by " & ", alternatives by " | ", which binds closer"""
    position: str = ""
    mix: str = "sum"
    absolute: Literal["learned", "sinusoid", "none"] = "learned"
    """positions added to the embeddings, beside those of the attention"""

    def __post_init__(self) -> None:
        if self.dim % self.heads:
            raise ValueError(f"dim is {self.dim} and heads is {self.heads}; heads must divide dim")
        room = self.layers_of.positions - self.layers_of.position_offset
        too_long = self.layers_of.absolute != "none" and self.max_tokens > room
        if self.pretrained and (self.tokens != "bert" or too_long):
            raise ValueError(
                f"{self.pretrained} needs tokens = 'bert' and has {room} positions; set model.max_tokens={room} or less"
            )
        if self.pretrained and (self.attention, self.absolute) != (Choice(score="scaled_dot"), "learned"):
            raise ValueError(f"{self.pretrained} was trained with an attention of its own, which cannot be changed")
        if not -1 <= self.depth <= (self.layers_of.layers if self.pretrained else -1):
            raise ValueError(f"depth is {self.depth}; expected -1, or at most the layers of a pretrained encoder")
        if self.long == "windows" and not 0 <= 2 * self.stride < self.max_tokens - 2:
            raise ValueError(
                f"stride is {self.stride} and max_tokens {self.max_tokens}; windows need a stride from 0 to less than "
                "half of max_tokens - 2"
            )
        if self.train_windows < 0:
            raise ValueError(f"train_windows is {self.train_windows}; expected a number of windows, or 0 for all")
        self.attention.check(width=self.dim // self.heads, keys=self.max_tokens, heads=self.heads)

    @property
    def attention(self) -> Choice:
        positions = (self.position,) if self.position else ()
        return Choice(self.score, tuple(self.scope.split(" & ")), self.normaliser, positions, self.mix)

    @property
    def layers_of(self) -> CoreConfig:
        """The layers of the pretrained encoder."""
        return self.published or MINILM

    @property
    def frame(self) -> tuple[int, int]:
        """Tokens that stand before and behind each text (headwork.data.tokenizers.FRAMES)."""
        if self.tokens == "words" or self.layers_of.causal:
            return 0, 0
        return (0, 2) if self.layers_of.two_streams else (1, 1)

    def core(self, vocabulary: int) -> CoreConfig:
        if self.pretrained or self.published is not None:
            given = self.published or msgspec.structs.replace(MINILM, vocabulary=vocabulary)
            layers = given.layers if self.depth < 0 else self.depth
            return msgspec.structs.replace(given, layers=layers, dropout=self.dropout)
        return CoreConfig(
            vocabulary=vocabulary,
            dim=self.dim,
            layers=self.layers,
            heads=self.heads,
            ff=self.ff,
            positions=self.max_tokens,
            types=0,
            attention=self.attention,
            absolute=self.absolute,
            dropout=self.dropout,
        )


class WithCore(nn.Module):
    """A core, from scratch or from a published encoder, and frozen as its settings say."""

    def __init__(self, config: EncoderConfig, *, vocabulary: int) -> None:
        super().__init__()
        self.config = config
        self.core = Core(config.core(vocabulary))
        frozen = {"nothing": [], "embeddings": [self.core.embeddings], "encoder": [self.core]}
        for part in frozen[config.freeze]:
            part.requires_grad_(False)

    @staticmethod
    def given_by(folder: Path) -> dict[str, Any]:
        """The settings that the pretrained encoder in `folder` gives."""
        return {"published": own_settings(core_config(folder))}

    def load_pretrained(self, folder: Path) -> None:
        """Start from the published encoder in `folder`; HeadworkError names what does not fit."""
        load_core(self.core, folder)


class Encoder(WithCore):
    """A core and a pooling: one vector for each text."""

    def __init__(self, config: EncoderConfig, *, vocabulary: int) -> None:
        super().__init__(config, vocabulary=vocabulary)
        dim = self.core.config.dim
        self.between = Linear(dim, dim) if config.between != "none" else None

    @property
    def width(self) -> int:
        """D"""
        return self.core.config.dim

    def vectors(self, batch: TokenBatch, *, types: Tensor | None = None) -> Tensor:
        """(B, D); zeros for a text without tokens. `types` are the (N,) segments of the tokens where they differ."""
        told = self.types(batch) if types is None else types
        hidden = self.core(batch, types=told).to(self.core.embeddings.tokens.weight.dtype)  # fp32, where it is bf16
        pooled = POOLINGS[self.config.pooling](hidden, batch.lengths)
        return pooled if self.between is None else self.between(pooled, activation=self.config.between)

    def types(self, batch: TokenBatch) -> Tensor | None:
        """(N,) segments, where attention is told of them: that of the text, and another of the <cls> behind it."""
        if not self.core.config.relative_types:
            return None
        ends = torch.tensor(batch.lengths, device=batch.ids.device).cumsum(0) - 1
        return torch.zeros_like(batch.ids).index_fill(0, ends[ends >= 0], 1)


class EncoderClassifier(Encoder):
    """An encoder and a linear head."""

    SENTENCES = False
    SEEN_AS = "attention received in the last layer, mean over heads"

    def __init__(self, config: EncoderConfig, *, vocabulary: int, classes: int) -> None:
        super().__init__(config, vocabulary=vocabulary)
        dim, neighbours = self.core.config.dim, config.window_context == "gru"
        self.join = Windows(dim, pool=config.window_pool, neighbours=neighbours) if config.long == "windows" else None
        self.head = nn.Linear(dim, classes)

    def forward(self, batch: TokenBatch) -> Tensor:
        """(B, C) logits."""
        return self.head(drop(self.encode(batch), self.config.dropout, self.training))

    def encode(self, batch: TokenBatch) -> Tensor:
        """(B, D): what the head sees of each text."""
        return self.vectors(batch).to(self.head.weight.dtype)

    def vectors(self, batch: TokenBatch, *, types: Tensor | None = None) -> Tensor:
        """(B, D), of all windows of a text together; zeros for a text without tokens."""
        if self.join is None:
            return super().vectors(batch, types=types)
        return self.join(self._windows(batch), batch.counts)

    @torch.no_grad()
    def weights(self, batch: TokenBatch) -> Weights:
        """What the tokens of a text are given in the last layer, a mean over heads and over the text's queries.

        [CLS] and [SEP] weigh nothing where they frame a text, and the others sum to one. Deleting the top words moves
        the answer more than with attention rolled out over the layers, and about as much as with all layers' mean.
        A token of a window weighs that times the window's share in the text's vector.
        """
        windows = batch.in_windows()
        maps = (text for group in windows.groups(AT_ONCE) for text in self.core.maps(group, types=self.types(group)))
        received = [_shares(text.mean(dim=(0, 1)), *self.config.frame) for text in maps]
        tokens = torch.cat([self.head.weight.new_zeros(0), *received])
        if self.join is None:
            return Weights(tokens)
        return Weights(tokens * self.of_windows(batch)[rows_of(windows.lengths, tokens.device)])

    @torch.no_grad()
    def of_windows(self, batch: TokenBatch) -> Tensor:
        """(W,) the share of each window in its text's vector."""
        if self.join is None:
            return self.head.weight.new_ones(len(batch.lengths))
        return self.join.shares(self._windows(batch), batch.counts)

    def _windows(self, batch: TokenBatch) -> Tensor:
        """(W, D): one vector for each window; where nothing is learned, in bounded memory."""
        windows = batch.in_windows()
        groups = [windows] if torch.is_grad_enabled() else windows.groups(AT_ONCE)
        pooled = super().vectors
        return torch.cat([self.head.weight.new_zeros(0, self.head.in_features), *map(pooled, groups)])


def _shares(received: Tensor, before: int, behind: int) -> Tensor:
    """(L,) parts to parts of one; the frame of a text gets nothing, unless there is nothing else."""
    if len(received) > before + behind:
        received = F.pad(received[before : len(received) - behind], (before, behind))
    return received / received.sum()


def embed(model: Encoder, batches: Iterable[TokenBatch], *, precision: Precision = "fp32") -> Tensor:
    """(texts of all batches, D) unit vectors: the pooled states over their length, as all-MiniLM-L6-v2 is used.

    To embed often, prepare the model once with `for_embedding` and give the copy.
    """
    return unit_vectors(for_embedding(model, precision), batches)


def for_embedding(model: Encoder, precision: Precision = "fp32") -> Encoder:
    """A copy that only encodes.

    bf16 rounds the factors of the linear layers, fp16 their weights alone (the fastest for single short texts); a
    processor that would be slower with them gets fp32.
    """
    return for_inference(model, dtype_of(precision, next(model.parameters()).device.type))
