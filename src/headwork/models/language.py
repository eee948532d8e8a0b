"""What language modelling asks of a network, and the settings that networks share.

A network reads segments: (B, T) tokens of B texts, and what it remembers of the segments before. Token 0 opens a
document, and nothing is carried over it. What is remembered is a dict of tensors with B in front, so that it can go
into a checkpoint.

    log p(x_t+1 | x_<=t) = log softmax(W h_t + b)       or as another `language_head` has it
    loss = mean of -log p                               of a picture p is over its 256 intensities

Axes: B texts, T tokens of a segment, D width of a state, V vocabulary.
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal, NamedTuple

import torch
from torch import Tensor, nn

from headwork.attention.scopes import Document
from headwork.base.language import START_ID, UNKNOWN_ID
from headwork.models.language_head import NARROWER, Adaptive, Judged, Tied
from headwork.models.language_settings import LanguageSettings

Memory = dict[str, Tensor]


class NetworkSettings(LanguageSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What networks share beside."""

    OF_TRAINING: ClassVar[frozenset[str]] = frozenset(
        {"pretrained", "context", "dropout", "datastore", "neighbours", "joining"}
    )
    """settings that weights do not depend on, so that a model may go on with others than it began with"""

    dim: int = 192
    dropout: float = 0.0
    tied: bool = True
    """the table that embeds a token also gives its logit"""
    cutoffs: tuple[int, ...] = ()
    """how many of the most frequent tokens stand before each cluster of an adaptive softmax; (): one softmax of all"""
    datastore: int = 0
    """most entries of the training text that help to foretell, once the network is trained; 0: none"""
    neighbours: int = 64
    """of these entries that a state takes"""
    joining: Literal["interpolated", "gated"] = "interpolated"
    """how these entries join in: a prediction of their own in a fixed share, or their tokens by a gate of the state"""
    pretrained: str = ""
    """the run, or the imported model, whose weights, tokens and settings training begins with"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.datastore < 0 or self.neighbours < 1:
            raise ValueError(
                f"datastore is {self.datastore}, neighbours {self.neighbours}; expected 0 or more, and at least 1"
            )
        if self.cutoffs:
            self._check_cutoffs()

    def _check_cutoffs(self) -> None:
        if self.cutoffs[0] < 2 or list(self.cutoffs) != sorted(set(self.cutoffs)):
            raise ValueError(f"cutoffs are {list(self.cutoffs)}; expected rising numbers, as in [2000, 10000]")
        if self.tied:
            raise ValueError("cutoffs give rarer tokens narrower tables than embeddings have; set tied=false too")
        if self.dim < NARROWER ** len(self.cutoffs):
            raise ValueError(
                f"each of {len(self.cutoffs)} cutoffs makes states {NARROWER:g} times narrower, and dim is {self.dim}; "
                "give fewer cutoffs, or a greater dim"
            )
        if self.joining == "gated":
            raise ValueError("joining = 'gated' mixes rows of one table of tokens, which cutoffs divide")
        if self.picture is not None:
            raise ValueError("cutoffs are of tokens by their frequency, and intensities have none")


class Read(NamedTuple):
    """What reading a segment gave."""

    states: Tensor
    """(B, T, D), one behind each token"""
    memory: Memory
    """what the next segment shall know"""
    penalty: Tensor | None = None
    """added to the loss: of spans, of pondering, of compression"""
    inner: tuple[Tensor, ...] = ()
    """(B, T, D) states behind the lower layers, where they are to predict too"""
    spent: Tensor | None = None
    """(B, T) steps that each place took, where that differs"""


class LanguageNetwork(nn.Module, ABC):
    """Reads segments."""

    head: Tied | Adaptive

    def __init__(self, config: Any, *, vocabulary: int) -> None:
        super().__init__()
        self.config, self.vocabulary = config, vocabulary

    def new_head(self, table: nn.Embedding) -> Tied | Adaptive:
        """As the settings have it; `table` is that of the embeddings.

        In a picture nothing but intensities follows, and what opens the next one is not asked for.
        """
        config, vocabulary = self.config, self.vocabulary
        within = [cutoff for cutoff in config.cutoffs if cutoff < vocabulary]
        if within:
            return Adaptive(config.dim, vocabulary, within)
        first = 0 if config.picture is None else UNKNOWN_ID + 1
        return Tied(config.dim, vocabulary, table if config.tied else None, first)

    @property
    def carries(self) -> bool:
        """Is what it remembers handed on from segment to segment, in training too?"""
        return True

    @abstractmethod
    def forward(self, ids: Tensor, memory: Memory | None = None) -> Read:
        """(B, T) tokens behind those that `memory` is of."""

    def logits(self, states: Tensor) -> Tensor:
        """(…, D) to (…, V)."""
        return self.head(states)

    def loss(self, states: Tensor, answers: Tensor) -> Tensor:
        """The mean over (B, T, D) states and the (B, T) tokens that follow."""
        return self.head.loss(states, answers)

    def judge(self, states: Tensor, answers: Tensor) -> Judged:
        """(B, T, D) states and the (B, T) tokens that follow: how likely each was."""
        return self.head.judge(states, answers)

    @property
    def rows_of_tokens(self) -> Tensor:
        """(V, D): a row for each token, where one softmax is over all."""
        assert isinstance(self.head, Tied)
        return self.head.weight

    def forget(self, memory: Memory, rows: Tensor) -> Memory:
        """Where (B,) `rows` is true, what comes next belongs to another text."""
        return {name: value.masked_fill(_as_broad(rows, value), 0) for name, value in memory.items()}

    def room(self, memory: Memory | None) -> int | None:
        """How many more tokens it can read behind those that `memory` is of; None: without end."""
        return None

    def learn(self, ids: Tensor, answers: Tensor, memory: Memory | None, *, done: float) -> tuple[Tensor, Memory]:
        """The loss of a segment in training, when the share `done` of the steps is taken, and what to remember."""
        read = self(ids, memory)
        loss = self.loss(read.states, answers)
        return loss if read.penalty is None else loss + read.penalty, read.memory


def places_after(ids: Tensor, before: Tensor | None) -> Tensor:
    """Numbers of the documents that all (B, M + T) places belong to, given those of the M places remembered.

    The document in hand has number 0 at the end of every segment; those before it count down.
    """
    opened = (ids == START_ID).long().cumsum(1)
    own = opened - opened[:, -1:]
    return own if before is None else torch.cat([before - opened[:, -1:], own], 1)


def kept_apart(places: Tensor, queries: int) -> Document | None:
    """The scope that keeps the documents of (B, M + T) places apart for the last T of them, where they differ."""
    if bool((places[:, 0] == places[:, -1]).all()):
        return None
    return Document(places, places[:, -queries:])


def _as_broad(rows: Tensor, value: Tensor) -> Tensor:
    return rows.view(-1, *[1] * (value.dim() - 1))
