"""Early exits against a walk through the layers by hand, place by place."""

import math

import pytest
import torch
from tests.models.test_language import build, logits, text
from tests.models.test_language_transformer import same_weights
from torch import Tensor
from torch.nn import functional as F

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.layers.exiting import Exit
from headwork.models import config_of
from headwork.models.language import LanguageNetwork

KINDS = [
    pytest.param("softmax", marks=pytest.mark.row("LC20")),
    pytest.param("state", marks=pytest.mark.row("LC20")),
    pytest.param("classifier", marks=pytest.mark.row("LC19")),
]


def exiting(by: str, *, layers: int = 4) -> LanguageNetwork:
    network = build("transformer-early-exit", f"model.exit_by={by}", f"model.layers={layers}")
    for block in network.layers:  # layers that do enough to differ
        block.narrow.weight.data.mul_(20)
        block.attention.out.weight.data.mul_(20)
    return network


def middle(network: LanguageNetwork, ids: Tensor) -> float:
    """A threshold at which some places leave and some do not, between two of them so that no rounding decides."""
    x = network.embeddings.segment(ids, 0)
    new = network.layers[0].segment(x, x)
    sure = network.exit.sure(x, new, network.norm(new), network.logits).flatten().sort().values
    return sure[len(sure) // 2 - 1 : len(sure) // 2 + 1].mean().item()


def by_hand(network: LanguageNetwork, ids: Tensor) -> tuple[Tensor, Tensor]:
    """The states and the depth of one text, where each place decides for itself."""
    x, threshold = network.embeddings.segment(ids, 0), network.exit.threshold.item()
    depth = torch.zeros(ids.shape[1], dtype=torch.long)
    left = [False] * ids.shape[1]
    for block in network.layers:
        new, after = block.segment(x, x), x.clone()
        for place in range(ids.shape[1]):
            if left[place]:
                continue
            before, h = x[0, place], new[0, place]
            after[0, place], depth[place] = h, depth[place] + 1
            if network.exit.by == "softmax":
                p = network.logits(network.norm(h)).softmax(-1).sort().values
                sure = p[-1] - p[-2]
            elif network.exit.by == "state":
                sure = before @ h / before.norm() / h.norm()
            else:
                stop = network.exit.stop
                sure = 1 / (1 + (-(network.norm(h) @ stop.weight[0] + stop.bias[0])).exp())
            left[place] = bool(sure >= threshold)
        x = after
    return network.norm(x), depth


def test_a_place_that_is_just_as_sure_as_is_asked_leaves() -> None:
    network, ids = exiting("state"), text(24, rows=1)
    x = network.embeddings.segment(ids, 0)
    new = network.layers[0].segment(x, x)
    sure = network.exit.sure(x, new, network.norm(new), network.logits)[0]
    network.exit.threshold = sure.max().clone()  # in their own precision: no rounding decides
    assert (network(ids).spent[0] == 1).tolist() == (sure == sure.max()).tolist()


@pytest.mark.parametrize("by", KINDS)
def test_each_place_leaves_where_it_is_sure_and_keeps_its_state(by) -> None:
    network, ids = exiting(by), text(24, rows=1)
    network.exit.threshold.fill_(middle(network, ids))
    states, depth = by_hand(network, ids)
    read = network(ids)
    assert torch.equal(read.spent[0].long(), depth) and len(depth.unique()) > 1
    torch.testing.assert_close(read.states, states, rtol=0, atol=1e-10)


@pytest.mark.parametrize("by", KINDS)
def test_without_a_threshold_it_is_the_full_network_to_the_bit(by) -> None:
    network, ids = exiting(by), text(30)
    full = same_weights(network, build("transformer", "model.layers=4"))
    assert torch.equal(logits(network, ids), logits(full, ids))
    assert (network(ids).spent == 4).all()
    network.exit.threshold.fill_(-1.0)  # below any certainty: the first layer alone
    assert (network(ids).spent == 1).all()
    first = same_weights(network, build("transformer", "model.layers=1"))
    torch.testing.assert_close(logits(network, ids), logits(first, ids), rtol=0, atol=1e-12)


@pytest.mark.parametrize("by", KINDS)
@pytest.mark.parametrize("pieces", [1, 7])
def test_later_tokens_see_the_copied_states_of_those_that_left(by, pieces) -> None:
    network, ids = exiting(by), text(28)
    network.exit.threshold.fill_(middle(network, ids))
    torch.testing.assert_close(logits(network, ids, pieces=pieces), logits(network, ids), rtol=0, atol=1e-10)


@pytest.mark.row("LC20")
def test_layers_behind_the_last_exit_are_not_run() -> None:
    network, ids = exiting("softmax"), text(5)
    network.exit.threshold.fill_(-1.0)
    ran = []
    for number, block in enumerate(network.layers):
        block.widen.register_forward_hook(lambda *_, number=number: ran.append(number))
    network(ids)
    assert ran == [0]


@pytest.mark.row("LC20")
def test_every_layer_learns_to_predict_the_higher_the_more() -> None:
    network, ids = exiting("softmax").train(), text(21)
    read, answers = network(ids[:, :-1]), ids[:, 1:]
    losses = [network.loss(states, answers) for states in (*map(network.norm, read.inner), read.states)]
    expected = (losses[0] + 2 * losses[1] + 3 * losses[2] + 4 * losses[3]) / 10
    torch.testing.assert_close(network.learn(ids[:, :-1], answers, None, done=0.9)[0], expected)


@pytest.mark.row("LC19")
def test_the_classifier_learns_to_stop_where_the_oracle_does() -> None:
    """Against the logarithm of the chance of the oracle's layer, counted path by path."""
    torch.manual_seed(0)
    part = Exit(6, "classifier").double()
    said, nats = torch.randn(4, 2, 5, 6).double(), torch.rand(4, 2, 5).double()
    total, asked = 0.0, 0
    for b in range(2):
        for t in range(5):
            prices = [nats[n, b, t].item() + 0.2 * n for n in range(4)]
            oracle = prices.index(min(prices))
            for n in range(min(oracle + 1, 3)):
                c = 1 / (1 + math.exp(-part.stop(said[n, b, t]).item()))
                total -= math.log(c) if n == oracle else math.log(1 - c)
                asked += 1
    assert part.loss(list(said), list(nats), price=0.2).item() == pytest.approx(total / asked)
    far = part.loss(list(said), list(nats), price=9.0)  # every layer is too dear: stop at once
    torch.testing.assert_close(far, F.softplus(-part.stop(said[0])).mean())


@pytest.mark.row("LC19")
def test_what_decides_changes_nothing_else() -> None:
    gradients = []
    for by in ("softmax", "classifier"):
        network, ids = exiting(by).train(), text(21)
        network.learn(ids[:, :-1], ids[:, 1:], None, done=0.0)[0].backward()
        gradients.append({n: p.grad for n, p in network.named_parameters() if not n.startswith("exit")})
        assert all(p.grad is not None for p in network.exit.parameters())
    other = same_weights(exiting("softmax"), exiting("classifier")).train()
    ids = text(21)
    other.learn(ids[:, :-1], ids[:, 1:], None, done=0.0)[0].backward()
    for name, parameter in other.named_parameters():
        if not name.startswith("exit"):
            torch.testing.assert_close(parameter.grad, gradients[0][name], rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("setting", "told"),
    [("model.layers=1", "no layer before"), ("model.exit_risk=0", "exit_risk is 0"), ("model.exit_by=luck", "luck")],
)
def test_what_cannot_be_is_refused(setting, told) -> None:
    with pytest.raises((HeadworkError, ValueError), match=told):
        config_of(with_settings(load_recipe("transformer-early-exit", "language"), (setting,), size="tiny"))
