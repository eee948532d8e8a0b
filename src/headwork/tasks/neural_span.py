"""A neural network that answers from passages."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch

from headwork.base.recipes import Recipe, strictly
from headwork.base.span import Reading
from headwork.data.batches import ordered_batches
from headwork.data.questions import Asked, Questions
from headwork.data.tokenizers import TextTokenizer
from headwork.data.weights import find_encoder
from headwork.models import config_of, kind_of
from headwork.models.size import as_large
from headwork.models.stored import load_tensors
from headwork.ops.threads import each_in_a_thread
from headwork.tasks.classify import in_blocks
from headwork.tasks.neural import PREDICT_TOKENS, Neural
from headwork.tasks.reading import fit_framed
from headwork.tasks.span import NOWHERE, Answerer, Found, StoredAnswerer
from headwork.tasks.span_decoding import best_span
from headwork.tasks.span_windows import NOTHING, ReadSpans, WindowReader, told

MOST = 0.99
"""share of the training answers that are no longer than any that is given"""


BLOCK = 512
"""questions whose windows are in memory at once"""


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    longest: int


class NeuralAnswerer(Neural, Answerer):
    """A tokenizer and a network; `network` takes a PairBatch and gives (B + M, 2) logits of starts and ends."""

    def __init__(self, recipe: Recipe, tokenizer: TextTokenizer, device: str, *, longest: int):
        Answerer.__init__(self, recipe)
        model, _ = kind_of(recipe).load()
        config = config_of(recipe)
        reader = WindowReader(tokenizer, config.max_tokens, config.question_tokens, config.stride, config.windows)
        Neural.__init__(self, reader, model(config, vocabulary=tokenizer.vocabulary), device, outputs=2)
        self.longest = longest
        """tokens of an answer"""

    @classmethod
    def new(cls, recipe: Recipe, train: Questions, *, seed: int, offline: bool, device: str) -> "NeuralAnswerer":
        """Weights drawn from `seed`, or started from the pretrained encoder that the recipe names."""
        config, (model, _) = config_of(recipe), kind_of(recipe).load()
        pretrained = getattr(config, "pretrained", "")
        encoder = find_encoder(pretrained, offline=offline) if pretrained else None
        if encoder is not None:
            recipe = msgspec.structs.replace(recipe, model={**recipe.model, **model.given_by(encoder)})
        texts = [*(one.question for one in train.asked), *dict.fromkeys(one.passage for one in train.asked)]
        tokenizer = fit_framed(texts, tokens=config.tokens, encoder=encoder)
        sized = as_large(recipe, lambda config: model(config, vocabulary=tokenizer.vocabulary))
        torch.manual_seed(seed)
        answerer = cls(sized, tokenizer, device, longest=config.answer_tokens or 1)
        if not config.answer_tokens:
            answerer.longest = answerer._longest_of(train)
        if encoder is not None:
            answerer.network.load_pretrained(encoder)
        return answerer

    @classmethod
    def restore(cls, stored: StoredAnswerer, folder: Path, *, device: str) -> "NeuralAnswerer":
        tokenizer = TextTokenizer.load(folder / "tokenizer.json")
        longest = strictly(stored.settings, _Kept, f"{folder}: config.json").longest
        answerer = cls(stored.recipe, tokenizer, device, longest=longest)
        load_tensors(answerer.network, folder / "model.safetensors")
        answerer.network.eval()
        return answerer

    def store(self, folder: Path) -> dict[str, Any]:
        self.save_network(folder)
        return {"longest": self.longest}

    def find(self, asked: Sequence[Asked]) -> list[Found]:
        found: list[Found] = []
        for block in in_blocks(asked, BLOCK):
            read = self.reader.read(block)
            found += self.found_in(read, self.logits_of(read, self.fast))
        return found

    def reading(self, asked: Sequence[Asked]) -> Reading:
        return self.reader.read(asked).reading

    def unlearnable(self, train: Questions) -> int:
        """Questions whose answer is longer than what windows share."""
        read = replace(self.reader, windows=0).read(train.asked)
        holding = {row for row, target in zip(read.of, read.targets(train.answers), strict=True) if target != NOTHING}
        return sum(bool(answers) for answers in train.answers) - len(holding)

    def logits_of(self, read: ReadSpans, network: Any) -> list[np.ndarray]:
        """For each window (1 + W, 2) float64 logits: of no answer, then of the tokens of its passage."""
        network.eval()
        batches = ordered_batches(read.lengths, PREDICT_TOKENS, self.device)
        answers = each_in_a_thread(lambda places: network(read.batch(places).to(self.device)).double().cpu(), batches)
        found: dict[int, np.ndarray] = {}
        for places, logits in zip(batches, answers, strict=True):
            sizes = [1 + read.windows[w].end - read.windows[w].first for w in places]
            parts = logits.split([size + len(read.closing) for size in sizes])
            found |= {w: part[:size].numpy() for w, part, size in zip(places, parts, sizes, strict=True)}
        return [found[w] for w in range(len(read.windows))]

    def found_in(self, read: ReadSpans, logits: Sequence[np.ndarray]) -> list[Found]:
        """The best span of each question over all windows of its passage; of equal ones the first."""
        found = [NOWHERE] * len(read.questions)
        for (first, _, own), row, own_logits in zip(read.windows, read.of, logits, strict=True):
            span = best_span(own_logits, longest=self.longest, own=(own[0] - first, own[1] - first))
            if span and span.score > found[row].score:
                offsets = read.passages[row].offsets
                found[row] = Found(offsets[first + span.first][0], offsets[first + span.last][1], span.score)
        return found

    def _longest_of(self, train: Questions) -> int:
        """Tokens that MOST of the training answers do not exceed."""
        read = self.reader.tokenizer.encode([told(answers).text for answers in train.answers if answers])
        frame = len(self.reader.tokenizer.before) + len(self.reader.tokenizer.after)
        lengths = sorted(len(found.ids) - frame for found in read) or [1]
        return max(1, lengths[math.ceil(MOST * len(lengths)) - 1])
