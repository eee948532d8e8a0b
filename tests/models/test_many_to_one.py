"""The LSTM that answers from its last state: its equations, and its size with and without attention."""

import pytest
import torch

from headwork.base.recipes import load_recipe
from headwork.models import config_of
from headwork.models.many_to_one import ManyToOne, ManyToOneConfig
from headwork.ops.packed import pack

TEXT = [5, 9, 30, 5]


def many_to_one(attention: bool) -> ManyToOne:
    torch.manual_seed(0)
    config = ManyToOneConfig(width=8, hidden=12, units=10, attention=attention)
    return ManyToOne(config, vocabulary=40, classes=3).double().eval()


def states_of(model: ManyToOne, text: list[int]) -> torch.Tensor:
    """By torch's own LSTM, whose gates are input, forget, cell, output where ours are output, input, forget, cell."""

    def in_its_order(gates: torch.Tensor) -> torch.Tensor:
        return gates.unflatten(-1, (4, -1)).roll(-1, -2).flatten(-2).T

    ours = model.recurrent
    theirs = torch.nn.LSTM(8, 12, batch_first=True).double()
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(in_its_order(ours.inputs[0]))
        theirs.weight_hh_l0.copy_(in_its_order(ours.states[0]))
        theirs.bias_ih_l0.copy_(in_its_order(ours.bias[None])[:, 0])
        theirs.bias_hh_l0.zero_()
    return theirs(model.embedding.table.weight[text][None])[0][0]


@pytest.mark.row("AT33")
def test_with_attention_it_is_the_general_score_of_the_last_state():
    model = many_to_one(True)
    with torch.no_grad():
        model.look.mechanism.score.weight.normal_()
    h = states_of(model, TEXT)
    last = h[-1]
    alpha = torch.softmax(h @ model.look.mechanism.score.weight[0].T @ last, dim=0)
    vector = torch.tanh(model.units.weight @ torch.cat([alpha @ h, last]))
    torch.testing.assert_close(model(pack([TEXT]))[0], model.head(vector))
    torch.testing.assert_close(model.weights(pack([TEXT])).tokens, alpha)


@pytest.mark.row("AT33")
def test_without_attention_only_the_last_state_counts():
    model = many_to_one(False)
    last = states_of(model, TEXT)[-1]
    torch.testing.assert_close(model(pack([TEXT]))[0], model.head(model.units(last).relu()))
    assert model.weights(pack([TEXT])).tokens.tolist() == [0, 0, 0, 1]


@pytest.mark.row("AT33")
@pytest.mark.parametrize("attention", [False, True])
def test_neighbours_and_empty_texts_change_nothing(attention: bool):
    model = many_to_one(attention)
    alone, together = model(pack([TEXT])), model(pack([[], list(range(40)), TEXT, [3]]))
    torch.testing.assert_close(together[2], alone[0])
    assert together.isfinite().all()


@pytest.mark.row("AT33")
def test_both_sides_have_as_many_weights_as_the_published_comparison():
    """A quarter of a million each with its vocabulary of 5,000 words and two classes, less than 1% apart."""
    sizes = []
    for name in ("lstm-last", "lstm-last-attention"):
        model = ManyToOne(config_of(load_recipe(name)), vocabulary=5000, classes=2)
        sizes.append(sum(parameter.numel() for parameter in model.parameters()))
    assert max(sizes) < 1.01 * min(sizes)
    assert sizes == pytest.approx([250_000] * 2, rel=0.02)
