"""Learning to model language: parallel streams through the training text; the weights with the least dev loss are kept.

The text is a ring of n tokens. An epoch starts at a place drawn for it and cuts the ring into B streams of s segments;
step i of the epoch is segment i of every stream, so that a network with a memory finds in it what stood before:

    first token of segment i in stream b = (start + (b s + i) T) mod n,   s = n // (B T)

A network that carries nothing takes the steps of an epoch in an order drawn for it. Where segments are whole pictures,
an epoch is all pictures in an order drawn for it.

Axes: B streams, T tokens of a segment, n tokens of the text.
"""

import random
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from headwork.base.errors import HeadworkError
from headwork.base.language import START_ID
from headwork.models.language import Memory
from headwork.tasks.language import joined
from headwork.tasks.neural_language import NeuralLanguageModel
from headwork.train.classify import precision
from headwork.train.config import TrainConfig
from headwork.train.problem import EPOCH_STEPS, MIN_BATCH_TOKENS, Look, Problem

LOOK_TOKENS = 20_000
"""of dev, from its beginning, at each look while training"""
TOKENS_BETWEEN_LOOKS = 150_000
NEXT = "next"
"""name of what is carried beside the memory: the token that each stream expects"""


class ModelLanguage(Problem):
    """The training text of a language model. A row is the place of a segment's first token."""

    def __init__(
        self,
        model: NeuralLanguageModel,
        train: Sequence[str],
        dev: Sequence[str],
        config: TrainConfig,
        *,
        seed: int,
    ) -> None:
        self.model, self.context = model, model.config.context
        self.text, self.dev = (self._encoded(side, name) for side, name in ((train, "training"), (dev, "dev")))
        tokens = len(self.text)
        budget = min(config.batch_tokens, max(MIN_BATCH_TOKENS, tokens // EPOCH_STEPS))
        self.streams = min(max(1, budget // self.context), tokens // self.context)
        super().__init__(model.network, config, lengths=[self.context] * tokens, seed=seed)
        self.looks = max(1, round(tokens / TOKENS_BETWEEN_LOOKS))

    def _encoded(self, documents: Sequence[str], name: str) -> np.ndarray:
        ids = joined([self.model.vocabulary.encode(document).ids for document in documents])
        if len(ids) <= self.context:
            raise HeadworkError(
                f"the {name} side has {len(ids):,} tokens, too few for one segment of {self.context}; give a longer "
                f"text, or a shorter segment with --set model.context={max(2, len(ids) // 4)}"
            )
        return ids

    def batches(self, epoch: int) -> list[list[int]]:
        chance, tokens = random.Random(f"{self.seed} {epoch}"), len(self.text)
        if self.model.config.whole:
            pictures = chance.sample(range(0, tokens, self.context + 1), tokens // (self.context + 1))
            return [pictures[first : first + self.streams] for first in range(0, len(pictures), self.streams)]
        start, steps = chance.randrange(tokens), tokens // (self.streams * self.context)
        in_order = [
            [(start + (stream * steps + step) * self.context) % tokens for stream in range(self.streams)]
            for step in range(steps)
        ]
        if not self.model.network.carries:
            chance.shuffle(in_order)
        return in_order

    def loss(self, rows: Sequence[int]) -> Tensor:
        firsts = np.array(rows)
        places = (firsts[:, None] + np.arange(self.context + 1)) % len(self.text)
        window = torch.from_numpy(self.text[places]).to(self.model.device)
        expected = torch.from_numpy(firsts)
        with precision(self.config, self.model.device):
            loss, memory = self.model.network.learn(
                window[:, :-1], window[:, 1:], self._memory(expected), done=self.done
            )
        if self.model.network.carries:
            self.carried = {**memory, NEXT: (expected + self.context) % len(self.text)}
        return loss

    def _memory(self, rows: Tensor) -> Memory | None:
        """What the step before has left; streams that do not go on from there start anew."""
        if not self.carried:
            return None
        memory = {name: value.to(self.model.device) for name, value in self.carried.items() if name != NEXT}
        new = self.carried[NEXT] != rows
        return self.model.network.forget(memory, new.to(self.model.device)) if new.any() else memory

    def look(self) -> Look:
        dev = self.dev[:LOOK_TOKENS]
        reading, asked = self.model.read(dev), dev[1:] != START_ID
        loss = float(reading.nats[asked].mean())
        return Look(float(reading.right[asked].mean()), loss, (-loss,))
