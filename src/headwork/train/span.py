"""Learning to answer from passages: the cross-entropy of both ends, each over the tokens of a window and "no answer".

    loss = - (ln p(start) + ln p(end)) / 2          Devlin et al. 2019, section 4.2

Learnt from are all windows that hold the answer that most people gave, one window of each question without an answer,
and `model.others` times as many as the first that do not hold their question's answer: other windows of its passage, or
where there are none, windows of another passage that lacks the answer's text. Without them "no answer" would never be
right (Clark and Gardner 2018, "Simple and effective multi-paragraph reading comprehension"). The weights with the best
F1 on dev are kept, measured on as many of its questions as fill LOOK_WINDOWS windows.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from headwork.base.errors import HeadworkError
from headwork.data.questions import Asked, Questions
from headwork.measure.answers import best, f1
from headwork.ops.packed import pad
from headwork.tasks.neural_span import NeuralAnswerer
from headwork.tasks.span_windows import NOTHING, ReadSpans
from headwork.train.classify import precision
from headwork.train.config import TrainConfig
from headwork.train.problem import Look, Problem

LOOK_WINDOWS = 256
TRIES = 20
"""passages drawn for a question, until one lacks its answer"""


class Answer(Problem):
    """The windows that a neural answerer learns from."""

    def __init__(
        self, answerer: NeuralAnswerer, train: Questions, dev: Questions, config: TrainConfig, *, seed: int
    ) -> None:
        self.answerer = answerer
        reader = replace(answerer.reader, windows=0)
        chance = np.random.default_rng(0)  # the same windows whatever the seed
        strange = strangers(train, chance)
        self.train = reader.read([*train.asked, *strange.values()])
        targets = self.train.targets([*train.answers, *(() for _ in strange)])
        asked = [*range(len(train)), *strange]
        self.chosen = chosen(self.train, targets, train, asked, others=answerer.network.config.others, chance=chance)
        if not self.chosen:
            raise HeadworkError(
                f"{answerer.recipe.name}: no training answer fits a window of {answerer.reader.max_tokens} tokens with "
                "its question; raise model.max_tokens"
            )
        self.targets = torch.tensor([targets[place] for place in self.chosen])
        self.dev_questions, self.dev = _sample(answerer, dev)
        self.dev_targets = torch.tensor(self.dev.targets(self.dev_questions.answers))
        lengths = self.train.lengths
        super().__init__(answerer.network, config, lengths=[lengths[place] for place in self.chosen], seed=seed)

    def loss(self, rows: Sequence[int]) -> Tensor:
        device = self.answerer.device
        batch = self.train.batch([self.chosen[row] for row in rows]).to(device)
        with precision(self.config, device):
            logits = self.network(batch)
        return both_ends(logits, [1 + tokens for tokens in batch.second.lengths], self.targets[rows].to(device))

    def look(self) -> Look:
        """`accuracy` is F1. An answer is withheld below 0 where some questions have none."""
        logits = self.answerer.logits_of(self.dev, self.network)
        found = self.answerer.found_in(self.dev, logits)
        withholds = self.dev_questions.unanswerable.any()
        texts = [
            "" if withholds and span.score < 0 else one.passage[span.start : span.end]
            for one, span in zip(self.dev_questions.asked, found, strict=True)
        ]
        scores = [best(f1, text, people) for text, people in zip(texts, self.dev_questions.people, strict=True)]
        loss = both_ends(torch.tensor(np.concatenate(logits)), list(map(len, logits)), self.dev_targets).item()
        score = float(np.mean(scores))
        return Look(score, loss, (score, -loss))

    def end(self) -> None:
        self.answerer.changed()


def both_ends(logits: Tensor, sizes: Sequence[int], targets: Tensor) -> Tensor:
    """The mean loss of B windows: (sum of sizes, 2) logits, of each window the first of "no answer", (B, 2) targets."""
    padded = pad(logits.float(), sizes, fill=-torch.inf)
    return (F.cross_entropy(padded[..., 0], targets[:, 0]) + F.cross_entropy(padded[..., 1], targets[:, 1])) / 2


def strangers(questions: Questions, chance: np.random.Generator) -> dict[int, Asked]:
    """For each question that has an answer another passage without its text, where one is found soon."""
    passages = list(dict.fromkeys(one.passage for one in questions.asked))
    folded = [passage.casefold() for passage in passages]
    found = {}
    for row, (one, people) in enumerate(zip(questions.asked, questions.people, strict=True)):
        for place in chance.integers(len(passages), size=TRIES) if people else ():
            if not any(person.casefold() in folded[place] for person in people):
                found[row] = Asked(one.question, passages[place])
                break
    return found


def chosen(
    read: ReadSpans,
    targets: Sequence[tuple[int, int]],
    train: Questions,
    asked: Sequence[int],
    *,
    others: float,
    chance: np.random.Generator,
) -> list[int]:
    """The windows to learn from; `asked` says which question of `train` each row of `read` asks."""
    holding: list[int] = []
    own: dict[int, list[int]] = {}
    strange: dict[int, list[int]] = {}
    silent: dict[int, list[int]] = {}
    for place, (row, target) in enumerate(zip(read.of, targets, strict=True)):
        if target != NOTHING:
            holding.append(place)
        elif row >= len(train):
            strange.setdefault(asked[row], []).append(place)
        else:
            (own if train.answers[row] else silent).setdefault(row, []).append(place)
    without = {**strange, **own}
    each = math.ceil(others)
    candidates = [place for row in sorted(without) for place in chance.permutation(without[row])[:each].tolist()]
    drawn = chance.permutation(len(candidates))[: round(others * len(holding))]
    none = [places[chance.integers(len(places))] for _, places in sorted(silent.items())]
    return sorted([*holding, *none, *(candidates[place] for place in drawn)])


def _sample(answerer: NeuralAnswerer, dev: Questions) -> tuple[Questions, ReadSpans]:
    """Questions of dev, the same for every seed, as many as fill LOOK_WINDOWS windows; one at least."""
    read = answerer.reader.read(dev.asked)
    windows = np.bincount(read.of, minlength=len(dev))
    order = np.random.default_rng(0).permutation(len(dev))
    count = max(1, int(np.searchsorted(windows[order].cumsum(), LOOK_WINDOWS, side="right")))
    some = dev[np.sort(order[:count]).tolist()]
    return some, answerer.reader.read(some.asked)
