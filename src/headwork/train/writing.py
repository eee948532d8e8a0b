"""Learning to write a text for a source: cross-entropy of each next token; the weights with the least dev loss stay."""

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from headwork.data.batches import ordered_batches
from headwork.ops.packed import TokenBatch
from headwork.train.classify import precision
from headwork.train.config import TrainConfig
from headwork.train.problem import Look, Problem

LOOK_TOKENS = 4096


class Written(Protocol):
    """Sources with their texts as tokens."""

    @property
    def lengths(self) -> list[int]: ...

    def batch(self, rows: Sequence[int]) -> tuple[TokenBatch, TokenBatch, Tensor]:
        """The sources, what is fed in of the texts, and the (M,) tokens to be written behind each."""
        ...


class Write(Problem):
    """What a network that writes learns from; `writer` is what its task makes of it."""

    def __init__(self, writer: Any, train: Written, dev: Written, config: TrainConfig, *, seed: int) -> None:
        self.writer, self.train, self.dev = writer, train, dev
        super().__init__(writer.network, config, lengths=train.lengths, seed=seed)

    def loss(self, rows: Sequence[int]) -> Tensor:
        source, target, answers = self.train.batch(rows)
        device = self.writer.device
        with precision(self.config, device):
            logits, penalty = self.writer.network.learn(source.to(device), target.to(device))
        loss = F.cross_entropy(logits.float(), answers.to(device), label_smoothing=self.config.label_smoothing)
        return loss if penalty is None else loss + penalty

    @torch.inference_mode()
    def look(self) -> Look:
        self.network.eval()
        loss = right = tokens = 0.0
        for rows in ordered_batches(self.dev.lengths, LOOK_TOKENS):
            source, target, answers = self.dev.batch(rows)
            device = self.writer.device
            logits, answers = self.network(source.to(device), target.to(device)).float(), answers.to(device)
            loss += F.cross_entropy(logits, answers, reduction="sum").item()
            right += (logits.argmax(1) == answers).sum().item()
            tokens += len(answers)
        return Look(right / tokens, loss / tokens, (-loss / tokens,))

    def end(self) -> None:
        self.writer.changed()
