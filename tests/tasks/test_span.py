"""What is found in long passages: the best span of all windows against loops, and the same alone and among others."""

import numpy as np
import pytest
import torch
from torch import nn

from headwork.base.recipes import load_recipe, with_settings
from headwork.data.questions import Asked, Questions
from headwork.data.squad import Answer
from headwork.ops.packed import PairBatch
from headwork.tasks.neural_span import NeuralAnswerer
from headwork.tasks.span import NOWHERE, Found, new_answerer
from headwork.tasks.span_decoding import cut_windows, owned

WORDS = "Ada lives in Zürich 東京 👩‍👧 naïve e\u0301tude since 1990 , .".split()


class Table(nn.Module):
    """Ends that depend on the token and on how many tokens the window has: other windows disagree."""

    def __init__(self, vocabulary: int):
        super().__init__()
        values = torch.randn(2, vocabulary, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        self.values = nn.Parameter(values, requires_grad=False)

    def forward(self, batch: PairBatch) -> torch.Tensor:
        found, start = [], 0
        for length in batch.second.lengths:
            ids = batch.second.ids[start : start + length]
            found += [self.values[1, ids].sum(0)[None] / length, self.values[0, ids]]
            start += length
        return torch.cat(found)


@pytest.fixture(scope="module")
def answerer() -> NeuralAnswerer:
    chance = np.random.default_rng(0)
    texts = [" ".join(map(str, chance.choice(WORDS, 12))) for _ in range(20)]
    train = Questions(
        [Asked("who lives in Zürich", text) for text in texts],
        [(Answer(text[:3], 0),) for text in texts],
        [""] * 20,
        [""] * 20,
        np.arange(20),
    )
    settings = ("model.max_tokens=24", "model.question_tokens=8", "model.stride=5", "model.answer_tokens=3")
    made = new_answerer(with_settings(load_recipe("two-way-lstm", "span"), settings, size="tiny"), train, seed=0)
    assert isinstance(made, NeuralAnswerer)
    made.network = Table(made.reader.tokenizer.vocabulary)
    return made


def asked(count: int = 12) -> list[Asked]:
    chance = np.random.default_rng(1)
    lengths = [*chance.integers(1, 60, count - 2), 0, 3]
    return [
        Asked("who lives in Zürich"[: 3 + place], " ".join(chance.choice(WORDS, n))) for place, n in enumerate(lengths)
    ]


def by_loops(answerer: NeuralAnswerer, one: Asked) -> Found:
    """Every window, every start that it owns, every end."""
    tokenizer, found = answerer.reader.tokenizer, NOWHERE
    question, passage = tokenizer.encode([one.question, one.passage])
    ids, offsets = passage.ids[1:-1], passage.offsets[1:-1]
    windows = owned(cut_windows(len(ids), 24 - min(len(question.ids), 10) - 1, 5))
    values = answerer.network.values.numpy()
    for first, end, own in windows:
        inside = [*ids[first:end], passage.ids[-1]]
        nothing = (values[1, inside].sum(0) / len(inside)).sum()
        for i in range(*own):
            for j in range(i, min(i + 3, end)):
                score = values[0, ids[i], 0] + values[0, ids[j], 1] - nothing
                if score > found.score + 1e-9:
                    found = Found(offsets[i][0], offsets[j][1], score)
    return found


@pytest.mark.row("BE11")
def test_the_best_span_of_a_long_passage_is_the_best_of_all_windows(answerer):
    questions = asked()
    assert sum(len(one.passage.split()) > 20 for one in questions) > 5
    for one, found in zip(questions, answerer.find(questions), strict=True):
        expected = by_loops(answerer, one)
        assert found.score == pytest.approx(expected.score)
        assert found[:2] == expected[:2]


def test_a_question_is_answered_alike_alone_and_among_others(answerer):
    questions = asked()
    together = answerer.find(questions)
    assert [answerer.find([one])[0] for one in questions] == together
    assert together[-2] == NOWHERE and answerer.answer(questions)[-2] == ""
