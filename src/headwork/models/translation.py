"""What translation asks of a model, and the settings that all such models share.

    forward(source, target)       logits behind each target token that is fed in
    learn(source, target)         the same for training, and what is added to the loss
    begin(source)                 a state with one row a source
    step(ids, state)              logits behind one more token of each row, for writing
    step_and_look(ids, state)     the same, and where each row looks in its source
    alignment(source, target)     maps of whole pairs

A state can `reorder` its rows (beams that live on) and `select` some of them with their sources.

Axes: B texts, R rows (texts times beams), M packed target tokens, K tokens of the longest source, V vocabulary.
"""

from typing import Any, Literal, Protocol

import msgspec
from torch import Tensor

from headwork.ops.packed import TokenBatch


class State(Protocol):
    def reorder(self, rows: Tensor) -> None:
        """Row r goes on from what row `rows[r]` has written about the same source."""
        ...

    def select(self, rows: Tensor) -> None:
        """Row r becomes row `rows[r]`, its source too."""
        ...


class TranslationModel(Protocol):
    """A network that writes a target for a source."""

    LOOKS: bool
    """can it say where it looks in the source"""

    def __call__(self, source: TokenBatch, target: TokenBatch) -> Tensor:
        """(M, V) logits."""
        ...

    def learn(self, source: TokenBatch, target: TokenBatch) -> tuple[Tensor, Tensor | None]:
        """(M, V) logits, and a penalty where the model has one."""
        ...

    def begin(self, source: TokenBatch) -> State: ...

    def step(self, ids: Tensor, state: Any) -> Tensor:
        """(R,) to (R, V)."""
        ...

    def step_and_look(self, ids: Tensor, state: Any) -> tuple[Tensor, Tensor]:
        """(R,) to (R, V) and (R, K) weights that sum to one over each row's source."""
        ...

    def alignment(self, source: TokenBatch, target: TokenBatch) -> list[Tensor]:
        """For each pair the (target tokens, source tokens) weights."""
        ...


Picture = tuple[int, int, int]
"""height, width and channels"""


class TextSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How texts of a model that writes become tokens."""

    tokens: Literal["bpe", "wordpiece"] = "bpe"
    vocabulary: int = 8000
    """most tokens of the tokenizer, fitted on both languages of the training pairs"""
    max_tokens: int = 256
    """of a source and of a target; longer training pairs are left out, longer sources are cut and counted"""
    reads: Literal["texts", "pictures"] = "texts"
    picture: Picture | None = None
    """of what is read; the data say it"""
    grid: int = 8
    """places on a side of a picture: what stands for its tokens, each with its (P,) pixels in place of an id"""
