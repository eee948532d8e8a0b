"""Both ways in which entries join in against their formulas; shut, either leaves the network as it is to the bit."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor

from headwork.base.language import START_ID
from headwork.models import joining
from headwork.models.joining import SHUT, Gated, Interpolated, Joining, Near
from headwork.models.language import LanguageNetwork, Memory, Read
from headwork.models.language_head import Tied

V, D, K = 7, 6, 5


def numbers(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


class Plain(LanguageNetwork):
    """A table alone, for states are given."""

    def __init__(self, picture: tuple[int, int, int] | None = None) -> None:
        super().__init__(SimpleNamespace(picture=picture), vocabulary=V)
        self.head = Tied(D, V, None)
        for seed, parameter in enumerate(self.head.parameters()):
            parameter.data = numbers(*parameter.shape, seed=90 + seed)

    def forward(self, ids: Tensor, memory: Memory | None = None) -> Read:
        raise NotImplementedError


def find(states: Tensor) -> Near:
    """Five entries of each state, that depend on the state alone."""
    tokens = (states[:, :K].abs() * 1000).long() % V
    return Near(states[:, :K].square().sort(dim=1).values, tokens)


def opened(seed: int = 5) -> Gated:
    gate = Gated(D)
    for number, parameter in enumerate(gate.parameters()):
        parameter.data = numbers(*parameter.shape, seed=seed + number)
    return gate


@pytest.mark.row("LC16")
def test_the_mixture_is_its_formula() -> None:
    network, states = Plain(), numbers(3, D, seed=2)
    expected = 0.7 * network.logits(states).double().softmax(-1)
    near = find(states)
    for n in range(3):
        weights = [math.exp(-distance / 2) for distance in near.distances[n].tolist()]
        for weight, token in zip(weights, near.tokens[n].tolist(), strict=True):
            expected[n, token] += 0.3 * weight / sum(weights)
    found = Interpolated(0.3, 2.0).log_probabilities(network, states, find)
    torch.testing.assert_close(found.exp(), expected, rtol=0, atol=1e-6)
    of_answer = near.chance_of(torch.tensor([1, 2, 3]), 2.0)
    torch.testing.assert_close(of_answer, near.chances(2.0, vocabulary=V)[range(3), [1, 2, 3]])


@pytest.mark.row("LC17")
def test_the_gated_join_is_its_formula() -> None:
    network, states, gate = Plain(), numbers(4, D, seed=2), opened()
    table, bias = (parameter.detach().double().numpy() for parameter in network.head.parameters())
    a, c, w, b = (getattr(gate, name).detach().double().numpy() for name in ("query", "scale", "weight", "bias"))
    for n, h in enumerate(states.double().numpy()):
        rows = [table[token] for token in find(states).tokens[n].tolist()]
        weights = np.exp([y @ a @ h for y in rows])
        memory = np.exp(c) * sum(weight * y for weight, y in zip(weights / weights.sum(), rows, strict=True))
        g = 1 / (1 + np.exp(-(w @ h + b)))
        logits = table @ ((1 - g) * h + g * memory) + bias
        expected = logits - np.log(np.exp(logits).sum())
        found = gate.log_probabilities(network, states[n : n + 1], find)[0].detach().numpy()
        assert found == pytest.approx(expected, abs=1e-5)
        assert gate.gates(states[n]).item() == pytest.approx(g.item(), abs=1e-6)


@pytest.mark.row("LC16", "LC17")
@pytest.mark.parametrize("picture", [None, (1, 2, 1)])
@pytest.mark.parametrize("kind", ["interpolated", "gated"])
def test_shut_it_changes_no_bit(kind: str, picture: tuple[int, int, int] | None) -> None:
    shut: Joining = Interpolated(0.0)
    if kind == "gated":
        shut = opened()
        torch.nn.init.zeros_(shut.weight)
        torch.nn.init.constant_(shut.bias, -torch.inf)
    network, states = Plain(picture), numbers(2, 9, D, seed=2)
    answers = torch.randint(2, V, (2, 9), generator=torch.Generator().manual_seed(3))
    answers[0, 4] = START_ID
    alone, both = network.judge(states, answers), shut.judge(network, states, answers, find)
    assert torch.equal(alone.nats, both.nats) and torch.equal(alone.right, both.right)
    log_p = network.logits(states[0]).double().log_softmax(-1)
    assert torch.equal(shut.log_probabilities(network, states[0], find), log_p)


@pytest.mark.row("LC16", "LC17")
@pytest.mark.parametrize("joined", [Interpolated(0.3, 2.0), opened()], ids=lambda each: type(each).__name__)
def test_judging_is_foretelling_whatever_the_parts(joined: Joining, monkeypatch: pytest.MonkeyPatch) -> None:
    network, states = Plain(), numbers(2, 9, D, seed=2)
    answers = torch.randint(V, (2, 9), generator=torch.Generator().manual_seed(3))
    log_p = joined.log_probabilities(network, states.flatten(0, 1), find).view(2, 9, V)
    monkeypatch.setattr(joining, "ASKED", 4)
    nats, right = joined.judge(network, states, answers, find)
    torch.testing.assert_close(nats.double(), -log_p.gather(2, answers[..., None]).squeeze(2), rtol=0, atol=1e-5)
    assert torch.equal(right, log_p.argmax(2) == answers)


@pytest.mark.row("LC17")
def test_a_fresh_gate_hardly_lets_anything_in() -> None:
    assert torch.allclose(Gated(D).gates(numbers(9, D, seed=1)), torch.tensor(SHUT).sigmoid())
    assert torch.tensor(SHUT).sigmoid() < 0.02
