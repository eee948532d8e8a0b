"""How likely a language model, masked or causal, finds a word behind a context."""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import torch

from headwork.base.errors import HeadworkError
from headwork.compare.diagnose.asked import TOP, Said, ordered
from headwork.data.diagnostics import Cloze, Filled
from headwork.data.tokenizers import TextTokenizer
from headwork.models import published
from headwork.models.published import Published
from headwork.ops.packed import pack
from headwork.tasks.language import LanguageModel
from headwork.tasks.masked import said

BATCH = 64
END = "."


class Told(NamedTuple):
    log_chance: float
    rank: int
    """of the word; of several tokens the worst"""


class Teller(Protocol):
    parameters: int

    def tell(self, asked: Sequence[Filled]) -> list[Told | None]:
        """None of a word that it cannot tell."""
        ...


class Masked:
    """A published encoder with its masked head: the word is hidden, and a full stop stands behind it."""

    def __init__(self, folder: Path, device: str):
        self.model: Published = published.load(folder).to(device)
        self.tokenizer, self.device = TextTokenizer.load(folder / "tokenizer.json"), device
        if self.model.masked is None or self.model.config.core.two_streams:
            raise HeadworkError(
                f"{folder.parent}: an encoder without a masked head, which fills in no words; import one that has it "
                "(BertForMaskedLM), or train one with `headwork extend-vocabulary --budget`"
            )
        self.parameters = sum(parameter.numel() for parameter in self.model.parameters())

    def tell(self, asked: Sequence[Filled]) -> list[Told | None]:
        own = slice(len(self.tokenizer.before), -len(self.tokenizer.after) or None)
        words = {each.word for each in asked}
        ids = {word: self.tokenizer.encode([f" {word}"])[0].ids[own] for word in words}
        contexts = list(dict.fromkeys(each.context for each in asked))
        found = dict(zip(contexts, self._log_chances(contexts), strict=True))
        unknown = self.tokenizer.unknown
        return [
            _told(found[context], ids[word][0]) if len(ids[word]) == 1 and ids[word][0] != unknown else None
            for context, word in asked
        ]

    @torch.inference_mode()
    def _log_chances(self, contexts: Sequence[str]) -> Iterable[np.ndarray]:
        """(V,) of the word behind each context."""
        before, after = self.tokenizer.before, self.tokenizer.after
        own = slice(len(before), -len(after) or None)
        (end,) = (each.ids[own] for each in self.tokenizer.encode([END]))
        starts = [list(before) + each.ids[own] for each in self.tokenizer.encode(contexts)]
        for first in range(0, len(starts), BATCH):
            block = starts[first : first + BATCH]
            batch = pack([[*start, self.tokenizer.mask, *end, *after] for start in block]).to(self.device)
            firsts = accumulate(batch.lengths, initial=0)
            places = torch.tensor([place + len(start) for place, start in zip(firsts, block, strict=False)])
            yield from said(self.model, batch, places.to(self.device)).double().log_softmax(1).cpu().numpy()


class Causal:
    """A language model that writes: the word is what it goes on with, token by token."""

    def __init__(self, model: LanguageModel):
        self.model, self.parameters = model, model.parameters

    def tell(self, asked: Sequence[Filled]) -> list[Told | None]:
        return [self._tell(context, word) for context, word in asked]

    def _tell(self, context: str, word: str) -> Told | None:
        vocabulary = self.model.vocabulary
        before, whole = (vocabulary.encode(text).ids.tolist() for text in (context, f"{context} {word}"))
        if vocabulary.unknown(f"{context} {word}") or whole[: len(before)] != before or len(whole) == len(before):
            return None
        writer, total, worst = self.model.writer(before), 0.0, 0
        for place, token in enumerate(whole[len(before) :]):
            if place:
                writer.add(whole[len(before) + place - 1])
            told = _told(writer.log_probabilities, token)
            total, worst = total + told.log_chance, max(worst, told.rank)
        return Told(total, worst)


def _told(log_chances: np.ndarray, token: int) -> Told:
    return Told(float(log_chances[token]), int((log_chances > log_chances[token]).sum()))


def say_words(teller: Teller, items: Sequence[Cloze]) -> list[Said | None]:
    """Of each item, None where one of its words cannot be told."""
    asked = list(dict.fromkeys(filled for item in items for filled in (item.expected, *item.against)))
    told = dict(zip(asked, teller.tell(asked), strict=True))
    answers: list[Said | None] = []
    for item in items:
        found = [told[filled] for filled in (item.expected, *item.against)]
        if any(each is None for each in found):
            answers.append(None)
            continue
        expected, *others = (each for each in found if each is not None)
        moved = min(ordered(expected.log_chance, other.log_chance) for other in others)
        chances = [expected.log_chance, *(other.log_chance for other in others)]
        first = min(other.rank for other in others)
        right, top = (first > 0, first >= TOP) if item.denied else (expected.rank == 0, expected.rank < TOP)
        answers.append(Said(chances, [right], top, moved))
    return answers
