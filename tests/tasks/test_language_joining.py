"""A gate learns from entries that know the answer, and not from an entry that is the place asked about."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from headwork.base.recipes import load_recipe, with_settings
from headwork.models import config_of, kind_of
from headwork.models.datastore import Datastore
from headwork.models.joining import SHUT, Gated
from headwork.models.language import LanguageNetwork
from headwork.tasks.language_joining import Seen, learned

pytestmark = pytest.mark.row("LC17")
V, D, N = 12, 32, 600


def numbers(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def network() -> LanguageNetwork:
    """One that has learned nothing."""
    recipe = with_settings(load_recipe("spalm", "language"), (), size="tiny")
    model, _ = kind_of(recipe).load()
    torch.manual_seed(0)
    return model(config_of(recipe), vocabulary=V).eval()


def store_of(states: Tensor, tokens: Tensor) -> Datastore:
    return Datastore(states, tokens, 4, Gated(D))


def told(copies: int, *, seed: int = 0) -> tuple[Datastore, Seen]:
    """Entries in groups of `copies` that lie together and have one token, and places of dev beside them."""
    groups = N // copies
    tokens = torch.randint(2, V, (groups,), generator=torch.Generator().manual_seed(seed))
    centres = 3 * numbers(groups, D, seed=seed + 1)
    states = (centres[:, None] + 0.01 * numbers(groups, copies, D, seed=seed + 2)).flatten(0, 1)
    dev = Seen(centres + 0.01 * numbers(groups, D, seed=seed + 3), tokens)
    return store_of(states, tokens.repeat_interleave(copies)), dev


def judged(gate: Gated, network: LanguageNetwork, store: Datastore, seen: Seen) -> float:
    return gate.judge(network, seen.states[None], seen.tokens[None], store.near).nats.mean().item()


def test_entries_that_know_the_answer_open_the_gate(network: LanguageNetwork) -> None:
    store, dev = told(copies=5)
    gate = learned(store, network, dev)
    assert gate.gates(dev.states).mean() > 0.3
    fresh, alone = judged(Gated(D), network, store, dev), dev.nats(network).mean().item()
    assert judged(gate, network, store, dev) < min(fresh, alone) - 1


def test_a_place_does_not_learn_from_itself(network: LanguageNetwork) -> None:
    """Of two entries that lie together each says wrongly of the other, and rightly of itself alone."""
    store, _ = told(copies=2)
    tokens = store.tokens.clone()
    tokens[1::2] = (tokens[1::2] - 1) % (V - 2) + 2
    store = replace(store, tokens=tokens, k=1)
    gate = learned(store, network, Seen(store.states, tokens))
    assert gate.gates(store.states).mean() < 0.03


def test_of_its_course_the_best_on_dev_is_kept(network: LanguageNetwork) -> None:
    store, dev = told(copies=5)
    misled = dev._replace(tokens=(dev.tokens - 1) % (V - 2) + 2)
    gate = learned(store, network, misled)
    assert torch.equal(gate.weight, torch.zeros(D)) and gate.bias.item() == SHUT


def test_the_network_is_as_it_was_and_the_gate_always_the_same(network: LanguageNetwork) -> None:
    store, dev = told(copies=5)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    torch.manual_seed(1)
    one = learned(store, network, dev)
    torch.manual_seed(2)
    two = learned(store, network, dev)
    assert all(torch.equal(value, two.state_dict()[name]) for name, value in one.state_dict().items())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_one_entry_has_no_other_to_learn_from(network: LanguageNetwork) -> None:
    store, dev = told(copies=5)
    single = replace(store, states=store.states[:1], tokens=store.tokens[:1])
    assert learned(single, network, dev).bias.item() == SHUT
