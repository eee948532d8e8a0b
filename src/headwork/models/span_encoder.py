"""A Transformer encoder that answers from a passage: question and passage in one sequence, a start and an end.

    h = core([CLS] question [SEP] passage [SEP])      segment 0 up to the first [SEP], segment 1 behind it
    start_i = w_s · h_i + b_s,  end_i = w_e · h_i + b_e      of the passage's tokens, and of [CLS] for "no answer"

Devlin et al. 2019, sections 4.2 and 4.3. From scratch, or started from a published encoder.

Axes: B windows, N tokens of all questions, M of all windows' passages, D width.
"""

import msgspec
import torch
from torch import Tensor, nn

from headwork.layers.transformer import CoreConfig
from headwork.models.encoder import EncoderConfig, WithCore
from headwork.ops.dropout import drop
from headwork.ops.packed import PairBatch, TokenBatch


class SpanEncoderConfig(EncoderConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the encoder, and of how passages are read."""

    max_tokens: int = 320
    """of a window with its question"""
    question_tokens: int = 64
    """a longer question is cut"""
    stride: int = 128
    """tokens between the starts of two windows"""
    windows: int = 0
    """of a passage that are read, those that BM25 finds most like the question; 0: all"""
    others: float = 0.25
    """windows without the answer that are learnt from beside each with it"""
    answer_tokens: int = 0
    """of an answer at most; 0: as many as 99 of 100 training answers have"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.pooling, self.between, self.long) != ("mean", "none", "cut"):
            raise ValueError(
                "pooling, between and long mean nothing here: every token has a start and an end, and long passages "
                "are read in windows; leave them out"
            )
        if self.tokens == "words":
            raise ValueError("tokens is 'words', which do not part question and passage; set wordpiece or bert")
        check_windows(self.max_tokens, self.question_tokens, self.stride, self.others)

    def core(self, vocabulary: int) -> CoreConfig:
        core = super().core(vocabulary)
        return core if self.pretrained else msgspec.structs.replace(core, types=2)


def check_windows(max_tokens: int, question_tokens: int, stride: int, others: float) -> None:
    """ValueError where a passage could not be covered."""
    room = max_tokens - question_tokens - 3
    if not 1 <= stride <= room:
        raise ValueError(
            f"stride is {stride}; expected 1 to {room}, what max_tokens = {max_tokens} leave beside a question of "
            f"question_tokens = {question_tokens}, or parts of a passage would not be read"
        )
    if others < 0:
        raise ValueError(f"others is {others}; expected 0 or more")


class SpanEncoder(WithCore):
    """A core, and a linear layer for both ends."""

    def __init__(self, config: SpanEncoderConfig, *, vocabulary: int) -> None:
        super().__init__(config, vocabulary=vocabulary)
        self.head = nn.Linear(self.core.config.dim, 2)

    def forward(self, batch: PairBatch) -> Tensor:
        """(B + M, 2): for each window "no answer", then the tokens of its passage."""
        joined, types, seen = in_one(batch)
        hidden = self.core(joined, types=types if self.core.config.types > 1 else None)
        hidden = drop(hidden[seen].to(self.head.weight.dtype), self.config.dropout, self.training)
        return self.head(hidden)


def in_one(batch: PairBatch) -> tuple[TokenBatch, Tensor, Tensor]:
    """Each second text behind its first; (N + M,) segments; (B + M,) places of the first tokens and second texts."""
    joined, types = batch.together()
    lengths = torch.tensor(joined.lengths, device=types.device)
    seen = types.bool().index_fill(0, lengths.cumsum(0) - lengths, True)
    return joined, types, seen.nonzero().squeeze(1)
