"""The LSTM that models language: torch's layers with everything off, and each kind of dropout by itself."""

from itertools import pairwise
from typing import NamedTuple

import pytest
import torch
from tests.models.test_language import VOCABULARY, build, logits, text
from torch import Tensor, nn

from headwork.base.language import START_ID
from headwork.models.language_lstm import DROPOUTS, LanguageLstm, LanguageLstmConfig

RATE = 0.4
OFF = [f"model.{name}=0.0" for name in (*DROPOUTS, "ar", "tar")]


class Call(NamedTuple):
    """What a layer was given for a piece of a segment, and what it gave."""

    x: Tensor
    weights: list[Tensor]
    y: Tensor


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """Every call of torch's LSTM from here on."""
    seen: list[Call] = []
    lstm = torch.lstm

    def watched(x: Tensor, state: tuple[Tensor, Tensor], weights: list[Tensor], *rest: object) -> tuple[Tensor, ...]:
        found = lstm(x, state, weights, *rest)
        seen.append(Call(x.detach(), [weight.detach() for weight in weights], found[0].detach()))
        return found

    monkeypatch.setattr(torch, "lstm", watched)
    return seen


def only(name: str) -> LanguageLstm:
    """A network in training with one kind of dropout."""
    network = build("awd-lstm", *OFF, f"model.{name}={RATE}").train()
    assert isinstance(network, LanguageLstm)
    return network


def masked(x: Tensor, whole: Tensor) -> Tensor:
    """The mask, which must be made of zeros and 1 / (1 - rate), and have some of both."""
    mask = x / whole
    kept = mask != 0
    torch.testing.assert_close(mask[kept], torch.full_like(mask[kept], 1 / (1 - RATE)), rtol=2e-5, atol=0)
    assert 0.1 < kept.double().mean() < 0.95
    return mask


@pytest.mark.row("UL01")
@pytest.mark.parametrize("training", [True, False])
def test_with_everything_off_it_is_torchs(training: bool) -> None:
    network = build("awd-lstm", *OFF).train(training)
    ids = text(20)
    x = network.table(ids)
    for layer in network.layers:
        assert isinstance(layer, nn.LSTM)
        x, _ = layer(x)
    expected = x @ network.table.weight.T + network.head.bias
    torch.testing.assert_close(logits(network, ids, pieces=6), expected, rtol=0, atol=1e-10)
    assert network(ids).penalty is None


@pytest.mark.row("UL01")
def test_out_of_training_nothing_is_dropped() -> None:
    whole, off, ids = build("awd-lstm"), build("awd-lstm", *OFF), text(20)
    assert torch.equal(logits(whole, ids), logits(off, ids))
    assert whole.config != off.config and whole(ids).penalty is None


def test_three_layers_the_last_as_wide_as_the_embeddings() -> None:
    network = build("awd-lstm", "model.dim=6", "model.hidden=10")
    assert [layer.hidden_size for layer in network.layers] == [10, 10, 6]
    assert [layer.input_size for layer in network.layers] == [6, 10, 10]
    assert network.head.weight is network.table.weight
    assert sum(p.numel() for p in network.narrow.parameters()) == 0


@pytest.mark.row("UL01")
def test_a_mask_of_what_is_read_stands_still(calls: list[Call]) -> None:
    network, ids = only("input_dropout"), text(20)
    ids[1, 11] = START_ID  # two pieces, one mask
    network(ids)
    x = torch.cat([calls[0].x, calls[1].x], 1)
    mask = masked(x, network.table(ids))
    assert torch.equal(mask != 0, (mask[:, :1] != 0).expand_as(mask))
    assert not torch.equal(mask[0], mask[1])
    calls.clear()
    network(ids)
    assert not torch.equal(calls[0].x != 0, x[:, :11] != 0)


@pytest.mark.row("UL01")
def test_a_mask_between_layers_stands_still_and_each_has_its_own(calls: list[Call]) -> None:
    network, ids = only("hidden_dropout"), text(20)
    states = network(ids).states
    assert torch.equal(calls[0].x, network.table(ids)) and torch.equal(states, calls[2].y)
    one, two = (masked(above.x, below.y) for below, above in pairwise(calls))
    for mask in (one, two):
        assert torch.equal(mask != 0, (mask[:, :1] != 0).expand_as(mask))
    assert not torch.equal(one, two)


@pytest.mark.row("UL01")
def test_a_mask_of_what_is_given_out_stands_still(calls: list[Call]) -> None:
    network, ids = only("output_dropout"), text(20)
    states = network(ids).states
    assert torch.equal(calls[1].x, calls[0].y) and torch.equal(calls[2].x, calls[1].y)
    mask = masked(states, calls[2].y)
    assert torch.equal(mask != 0, (mask[:, :1] != 0).expand_as(mask))


@pytest.mark.row("UL01")
def test_a_dropped_word_is_dropped_wherever_it_stands(calls: list[Call]) -> None:
    network, ids = only("word_dropout"), text(200)
    network(ids)
    mask = masked(calls[0].x, network.table(ids))
    dropped = (mask == 0).all(-1)
    assert torch.equal(dropped, (mask == 0).any(-1))
    of_words = [dropped[ids == word] for word in ids.unique()]
    assert all(bool(places.all()) or not places.any() for places in of_words)
    assert len(of_words) == VOCABULARY - 2


@pytest.mark.row("UL01")
def test_weights_between_states_are_dropped_for_a_whole_segment(calls: list[Call]) -> None:
    network, ids = only("weight_dropout"), text(20)
    ids[0, 9] = START_ID
    network(ids)
    for number, layer in enumerate(network.layers):
        first, second = calls[2 * number : 2 * number + 2]
        whole = [layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, layer.bias_hh_l0]
        mask = masked(first.weights[1], whole[1])
        assert torch.equal(first.weights[1], second.weights[1])
        assert all(torch.equal(first.weights[i], whole[i]) for i in (0, 2, 3))
        rows = (mask != 0).double().mean(1)
        assert ((rows > 0) & (rows < 1)).double().mean() > 0.9  # places, not rows
    before = calls[0].weights[1]
    calls.clear()
    network(ids)
    assert not torch.equal(before, calls[0].weights[1])


@pytest.mark.row("UL01")
def test_the_penalties_are_their_formulas(calls: list[Call]) -> None:
    network = build("awd-lstm", *OFF, "model.ar=2.0", "model.tar=0.5", f"model.output_dropout={RATE}").train()
    read = network(text(15))
    h, given = calls[-1].y, read.states
    rows, steps, width = h.shape
    ar = sum(given[b, t, d] ** 2 for b in range(rows) for t in range(steps) for d in range(width)) / h.numel()
    moved = [h[b, t, d] - h[b, t - 1, d] for b in range(rows) for t in range(1, steps) for d in range(width)]
    tar = sum(each**2 for each in moved) / len(moved)
    torch.testing.assert_close(read.penalty, 2.0 * ar + 0.5 * tar)
    answers = text(15, seed=9)
    torch.manual_seed(3)
    loss, _ = network.learn(text(15), answers, None, done=0.0)
    torch.manual_seed(3)
    read = network(text(15))
    torch.testing.assert_close(loss, network.loss(read.states, answers) + read.penalty)


@pytest.mark.parametrize("setting", [{"weight_dropout": 1.0}, {"input_dropout": -0.1}, {"ar": -1.0}])
def test_settings_out_of_range_are_refused(setting: dict) -> None:
    with pytest.raises(ValueError, match=next(iter(setting))):
        LanguageLstmConfig(**setting)
