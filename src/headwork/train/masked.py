"""Learning to fill in words that are hidden; the weights with the least loss of a word on dev are kept.

Which words, and what becomes of their pieces, is drawn from torch's generator, whose state is in checkpoints.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from torch import Tensor
from torch.nn import functional as F

from headwork.base.errors import HeadworkError
from headwork.ops.packed import TokenBatch
from headwork.tasks.masked import ReadWhole, WholeWordReader, ask, asked_for, hidden, said
from headwork.train.classify import precision
from headwork.train.config import TrainConfig
from headwork.train.problem import Look, Problem

LOOK_TOKENS = 8192
"""of dev, at each look"""
TOKENS_BETWEEN_LOOKS = 200_000


class FillIn(Problem):
    """Texts to learn from; `network` has a core and a masked head, and reads what `reader` reads."""

    def __init__(
        self,
        network: Any,
        reader: WholeWordReader,
        train: Sequence[str],
        dev: Sequence[str],
        config: TrainConfig,
        *,
        seed: int,
        device: str = "cpu",
    ) -> None:
        self.reader, self.device = reader, device
        self.train, self.dev = reader.read(train), some_of(reader.read(dev))
        if not self.train.ids or not self.dev.ids:
            raise HeadworkError("no words to hide in the training texts, or in those of dev; give more texts")
        super().__init__(network, config, lengths=self.train.lengths, seed=seed)
        self.cut = self.train.cut
        self.looks = max(1, round(sum(self.lengths) / TOKENS_BETWEEN_LOOKS))

    def loss(self, rows: Sequence[int]) -> Tensor:
        batch, words = self.train.batch(rows)
        asked, tokenizer = asked_for(words), self.reader.tokenizer
        ids = hidden(batch.ids, asked, mask=tokenizer.mask, vocabulary=tokenizer.vocabulary)
        with precision(self.config, self.device):
            logits = said(self.network, TokenBatch(ids, batch.lengths).to(self.device), asked.to(self.device))
        return F.cross_entropy(logits.float(), batch.ids[asked].to(self.device))

    def look(self) -> Look:
        """`accuracy` is the share of words all of whose pieces come first, `loss` that of a word."""
        found = ask(self.network, self.dev, self.reader.tokenizer, device=self.device)
        loss = float(found.nats.mean()) if len(found.nats) else 0.0
        return Look(float(found.right.mean()) if len(found.right) else 0.0, loss, (-loss,))


def some_of(read: ReadWhole) -> ReadWhole:
    """The first windows, so many that they have LOOK_TOKENS tokens, or one."""
    count = max(1, int(np.searchsorted(np.cumsum(read.lengths), LOOK_TOKENS, side="right")))
    return replace(read, ids=read.ids[:count], words=read.words[:count])
