"""A reader that attends: what its answers rest on, and hard attention that learns as by enumerating all its choices."""

import itertools

import pytest
import torch
from torch.nn import functional

from headwork.models.algorithm import Shape
from headwork.models.reader import Reader, ReaderConfig

CLASSES = Shape(inputs=3, outputs=2, answers="classes", longest=4)


def build(**settings) -> Reader:
    torch.manual_seed(0)
    return Reader(ReaderConfig(hidden=6, **settings), CLASSES).double()


def some(count: int = 3) -> torch.Tensor:
    return torch.randn(count, 4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


@pytest.mark.row("AT34")
@pytest.mark.parametrize("reads", ["lstm", "steps"])
def test_an_answer_is_read_from_the_inputs_it_looks_at(reads):
    model, x = build(reads=reads), some()
    answer = model(x)
    looked = answer.looks["attention"]
    torch.testing.assert_close(looked.sum(-1), torch.ones(3, 4, dtype=torch.float64))
    assert looked.triu(1).abs().max() == 0
    for row, step in itertools.product(range(3), range(4)):
        values = [model.value(x[row, place]) for place in range(4)]
        read = sum(weight * value for weight, value in zip(looked[row, step], values, strict=True))
        torch.testing.assert_close(answer.outputs[row, step], model.output(read))


@pytest.mark.row("AT17")
def test_the_gradient_of_draws_is_that_of_enumeration():
    """Four places: E[-log p(answer | place)] over all of them, differentiated; and the mean over many draws."""
    model, x, targets = build(reads="steps", normaliser="hard:reinforce", entropy=1.0), some(1), torch.ones(1, 4).long()
    keys, queries = model._read(x)
    where = model.mechanism.score.dense(queries[:, None], keys[:, None], None)[0, 0, -1]
    logs = where.log_softmax(-1)
    losses = functional.cross_entropy(model.output(model.value(x[0])), targets[0], reduction="none")
    exact = (logs.exp() * losses).sum() + (logs.exp() * logs).sum()
    chosen = [*model.parts.parameters(), *model.reading.parameters(), *model.value.parameters()]
    expected = torch.cat([g.flatten() for g in torch.autograd.grad(exact, chosen)])
    draws = 20_000
    model.train()
    model.baseline.value.fill_(-0.5)  # any number does, as it only takes variance away
    model.baseline.keep = 1.0
    answer = model(x.expand(draws, -1, -1), targets.expand(draws, -1))
    loss = functional.cross_entropy(answer.outputs[:, -1], targets.expand(draws, -1)[:, -1])
    found = torch.cat([g.flatten() for g in torch.autograd.grad(loss + answer.penalty.mean(), chosen)])
    assert (found - expected).norm() < 0.1 * expected.norm()


@pytest.mark.row("AT17")
def test_hard_attention_looks_at_one_place_and_takes_the_greatest_when_it_is_not_learning():
    model, x = build(reads="steps", normaliser="hard:reinforce"), some()
    with torch.no_grad():
        looked = model.eval()(x).looks["attention"]
    assert set(looked.unique().tolist()) == {0, 1} and (looked.sum(-1) == 1).all()
    before = model.baseline.value.clone()
    model.train()(x, torch.zeros(3, 4).long())
    assert not torch.equal(model.baseline.value, before)


def test_an_unknown_mechanism_is_refused():
    with pytest.raises(ValueError, match="normaliser 'hardest'"):
        ReaderConfig(normaliser="hardest")
