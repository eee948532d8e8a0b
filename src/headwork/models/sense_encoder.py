"""What a Transformer encoder makes of one word of a text, at any of its layers.

    v = mean over the word's pieces of h_l                 l = 0: the embeddings with their positions; l: behind block l
    static   the rows of the token table alone, which are the same in every text; all: the mean over all blocks
    logits of the word's own senses = A v + b              those of other words' senses are -inf

Layers as in Peters et al. 2018, "Deep contextualized word representations", section 5.3; pieces as in Loureiro et al.
2021, "Analysis and evaluation of language models for word sense disambiguation", section 4.1; one linear layer for the
senses of all words as in Wiedemann et al. 2019, "Does BERT make any sense?".

Axes: B texts, N packed pieces of all texts, L layers that are asked for, D width, C classes (all words' senses).
"""

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from headwork.layers.transformer import Core
from headwork.models.encoder import WithCore
from headwork.models.encoder_tagger import EncoderTaggerConfig
from headwork.ops.dropout import drop
from headwork.ops.packed import MarkedBatch, segment_mean

Layer = int | Literal["static", "first", "last", "all", "chosen"]


class SenseEncoderConfig(EncoderTaggerConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`max_tokens` are read around the word."""

    layer: Layer = "last"
    """whose states are taken: a number of blocks from the bottom, or a name"""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_layer()

    def check_layer(self) -> None:
        check_neighbours(self.layer, 0, self.top)
        if self.layer == "chosen":
            raise ValueError("layer is 'chosen', but weights are trained at one; expected a number, first, last, all")

    @property
    def top(self) -> int:
        """How many blocks there are."""
        return self.core(vocabulary=1).layers


class SenseNeighboursConfig(SenseEncoderConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The vectors of the training texts are kept (`headwork.models.sense_memory`)."""

    layer: Layer = "chosen"
    """the same; chosen: the one with the best accuracy on dev"""
    k: int | Literal["chosen"] = "chosen"
    """nearest training texts that vote; 0: the nearest mean of a sense; chosen: by the accuracy on dev"""

    def check_layer(self) -> None:
        check_neighbours(self.layer, self.k, self.top)


class SenseEncoder(WithCore):
    """One linear layer over the word's vector."""

    def __init__(self, config: SenseEncoderConfig, *, vocabulary: int, of_class: Sequence[int]) -> None:
        """of_class: (C,) number of the word that a class is a sense of."""
        super().__init__(config, vocabulary=vocabulary)
        self.layers = (config.layer,)
        self.head = nn.Linear(_width(self.core, config.layer), len(of_class))
        self.register_buffer("of_class", torch.tensor(list(of_class)), persistent=False)

    def encode(self, batch: MarkedBatch) -> Tensor:
        """(B, D)"""
        return states_at(self.core, batch, self.layers)[:, 0].to(self.head.weight.dtype)

    def forward(self, batch: MarkedBatch) -> Tensor:
        """(B, C) logits, -inf for the senses of other words."""
        logits = self.head(drop(self.encode(batch), self.config.dropout, self.training))
        return logits.masked_fill(self.of_class != batch.words[:, None], -math.inf)


class SenseNeighbours(WithCore):
    """The word's vectors at several layers; nothing in it is trained."""

    KEEPS = True

    def __init__(self, config: SenseNeighboursConfig, *, vocabulary: int, of_class: Sequence[int]) -> None:
        super().__init__(config, vocabulary=vocabulary)
        self.layers = layers_to_try(config.layer, config.top)

    def encode(self, batch: MarkedBatch) -> Tensor:
        """(B, L, D)"""
        return states_at(self.core, batch, self.layers)

    forward = encode


def states_at(core: Core, batch: MarkedBatch, layers: Sequence[Layer]) -> Tensor:
    """(B, L, D) means over the pieces of each word; blocks above the highest layer asked for are not run."""

    def of_words(states: Tensor) -> Tensor:
        return segment_mean(states[batch.places], batch.counts)

    top = core.config.layers
    needed = max(-1 if layer == "static" else number_of(layer, top) for layer in layers)
    found: list[Tensor] = []
    if needed >= 0:
        for number, states in enumerate(core.hidden_states(batch.pieces)):
            found.append(of_words(core.norm(states) if number == top else states))
            if number == needed:
                break
    static = of_words(core.embeddings.tokens(batch.pieces.ids)) if "static" in layers else None
    return picked(layers, found, static, top=top)


def number_of(layer: Layer, top: int) -> int:
    """Of the highest layer that goes into it."""
    if layer in ("last", "all"):
        return top
    return min(1, top) if layer == "first" else int(layer)


def picked(layers: Sequence[Layer], found: Sequence[Tensor], static: Tensor | None, *, top: int) -> Tensor:
    """(B, L, D) of the layers that are asked for, from the (B, D) of each number and what does not see the text."""
    chosen: list[Tensor] = []
    for layer in layers:
        if layer == "static":
            assert static is not None
            chosen.append(static)
        else:
            chosen.append(
                torch.stack(list(found[1:] or found)).mean(0) if layer == "all" else found[number_of(layer, top)]
            )
    return torch.stack(chosen, 1)


def layers_to_try(layer: Layer, top: int) -> tuple[Layer, ...]:
    """One, or all of those that see the text, from the bottom."""
    return (*range(1, top + 1), "all") if layer == "chosen" else (layer,)


def check_neighbours(layer: Layer, k: int | str, top: int) -> None:
    """Refuse a layer that is not there, and a number of neighbours that is none."""
    if isinstance(layer, int) and not 0 <= layer <= top:
        raise ValueError(f"layer is {layer}; expected 0 to {top}, or static, first, last, all")
    if isinstance(k, int) and k < 0:
        raise ValueError(f"k is {k}; expected a number of neighbours, 0 for means of senses, or chosen")


def _width(core: Core, layer: Layer) -> int:
    return core.embeddings.tokens.embedding_dim if layer == "static" else core.config.dim
