"""Learning to translate: cross-entropy of each next token; the weights with the least dev loss are kept."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from headwork.base.errors import HeadworkError
from headwork.data.batches import ordered_batches
from headwork.data.bitext import Pairs
from headwork.tasks.translate import ReadPairs, Translator
from headwork.train.classify import precision
from headwork.train.config import TrainConfig
from headwork.train.problem import Look, Problem

LOOK_TOKENS = 4096


class Translate(Problem):
    """The training pairs of a translator; those with a side that is too long are left out, and counted."""

    def __init__(self, translator: Translator, train: Pairs, dev: Pairs, config: TrainConfig, *, seed: int) -> None:
        self.translator = translator
        self.train, self.left_out = _fitting(translator.read(train), translator.config.max_tokens)
        self.dev, _ = _fitting(translator.read(dev), translator.config.max_tokens)
        if not self.train.source or not self.dev.source:
            raise HeadworkError(
                f"no pair is short enough for {translator.config.max_tokens} tokens; raise model.max_tokens"
            )
        super().__init__(translator.network, config, lengths=self.train.lengths, seed=seed)

    def loss(self, rows: Sequence[int]) -> Tensor:
        source, target, answers = self.train.batch(rows)
        device = self.translator.device
        with precision(self.config, device):
            logits, penalty = self.translator.network.learn(source.to(device), target.to(device))
        loss = F.cross_entropy(logits.float(), answers.to(device), label_smoothing=self.config.label_smoothing)
        return loss if penalty is None else loss + penalty

    @torch.inference_mode()
    def look(self) -> Look:
        self.network.eval()
        loss = right = tokens = 0.0
        for rows in ordered_batches(self.dev.lengths, LOOK_TOKENS):
            source, target, answers = self.dev.batch(rows)
            device = self.translator.device
            logits, answers = self.network(source.to(device), target.to(device)).float(), answers.to(device)
            loss += F.cross_entropy(logits, answers, reduction="sum").item()
            right += (logits.argmax(1) == answers).sum().item()
            tokens += len(answers)
        return Look(right / tokens, loss / tokens, (-loss / tokens,))

    def end(self) -> None:
        self.translator.changed()


def _fitting(read: ReadPairs, most: int) -> tuple[ReadPairs, int]:
    """The pairs whose sides both have at most `most` tokens, and how many have not."""
    both = list(zip(read.source, read.target, strict=True))
    kept = [pair for pair in both if max(map(len, pair)) <= most]
    return ReadPairs([source for source, _ in kept], [target for _, target in kept]), len(both) - len(kept)
