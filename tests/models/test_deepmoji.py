"""DeepMoji: the LSTM of Keras written out, the skip, attention, and weights that go to other labels along a chain."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.data.corpus import Examples
from headwork.models.deepmoji import DeepMoji, DeepMojiConfig
from headwork.ops.packed import pack
from headwork.tasks.classify import new_classifier
from headwork.train.any import fit_any

TEXTS = [[3, 4, 5, 6], [7], [8, 9, 3]]


def keras_lstm(x: np.ndarray, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray, gate) -> np.ndarray:
    """(T, D) to (T, H): Keras's LSTM, whose columns are i, f, c, o."""
    units = len(recurrent)
    h, c, states = np.zeros(units), np.zeros(units), []
    for row in x:
        z = row @ kernel + h @ recurrent + bias
        z0, z1, z2, z3 = z[:units], z[units : 2 * units], z[2 * units : 3 * units], z[3 * units :]
        i, f = gate(z0), gate(z1)
        c = f * c + i * np.tanh(z2)
        h = gate(z3) * np.tanh(c)
        states.append(h)
    return np.array(states)


GATES = {"hard": lambda z: np.clip(0.2 * z + 0.5, 0.0, 1.0), "logistic": lambda z: 1 / (1 + np.exp(-z))}


def both_ways(x: np.ndarray, layer, gates: str) -> np.ndarray:
    """(T, 2H), of a layer whose columns are o, i, f, c."""
    inputs, states, bias = (value.detach().numpy() for value in (layer.inputs, layer.states, layer.bias.view(2, -1)))
    units, found = states.shape[1], []

    def of_keras(columns: np.ndarray) -> np.ndarray:
        o, i, f, g = (columns[..., place * units : (place + 1) * units] for place in range(4))
        return np.concatenate([i, f, g, o], axis=-1)

    for direction in (0, 1):
        kernel, recurrent, shift = (of_keras(each[direction]) for each in (inputs, states, bias))
        read = x[::-1] if direction else x
        said = keras_lstm(read, kernel, recurrent, shift, GATES[gates])
        found.append(said[::-1] if direction else said)
    return np.concatenate(found, axis=1)


@pytest.mark.row("AT37")
@pytest.mark.parametrize("gates", GATES)
def test_in_both_conventions_it_is_what_keras_computes(gates: Any):
    torch.manual_seed(0)
    model = DeepMoji(DeepMojiConfig(width=5, hidden=4, gates=gates), vocabulary=12, classes=3).double().eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(4)  # so that gates reach their ends
    features, weights = model.encode(pack(TEXTS)), model.weights(pack(TEXTS)).tokens
    at = 0
    for text, feature, logits in zip(TEXTS, features, model(pack(TEXTS)), strict=True):
        x = np.tanh(model.embedding.table.weight.detach().numpy()[text])
        lower = both_ways(x, model.lower, gates)
        upper = both_ways(lower, model.upper, gates)
        joined = np.concatenate([upper, lower, x], axis=1)
        scores = np.exp(joined @ model.pool.context.detach().numpy())
        shares = scores / scores.sum()
        np.testing.assert_allclose(weights[at : at + len(text)].detach(), shares, atol=1e-12)
        np.testing.assert_allclose(feature.detach(), shares @ joined, atol=1e-12)
        expected = model.head.weight.detach().numpy() @ (shares @ joined) + model.head.bias.detach().numpy()
        np.testing.assert_allclose(logits.detach(), expected, atol=1e-12)
        at += len(text)


@pytest.mark.row("AT37")
def test_a_text_has_as_many_features_as_the_published_one():
    config = DeepMojiConfig(**DeepMojiConfig.SIZES["base"])
    with torch.device("meta"):
        assert DeepMoji(config, vocabulary=10, classes=2).head.in_features == 2304


@pytest.mark.row("AT37")
def test_gradients_of_straight_gates_are_those_of_differences():
    torch.manual_seed(1)
    model = DeepMoji(DeepMojiConfig(width=2, hidden=2, dropout=0.0), vocabulary=10, classes=2).double()
    batch = pack(TEXTS)
    model(batch).square().sum().backward()
    weight, step = model.lower.states, 1e-6
    for place in ((0, 0, 3), (1, 1, 5)):
        found = []
        for sign in (1, -1):
            with torch.no_grad():
                weight[place] += sign * step
                found.append(model(batch).square().sum().item())
                weight[place] -= sign * step
        assert weight.grad is not None
        assert weight.grad[place].item() == pytest.approx((found[0] - found[1]) / (2 * step), rel=1e-4, abs=1e-9)


def examples(words: tuple[str, str]) -> Examples:
    texts = [f"so {word} on day {number % 7}" for number in range(24) for word in words]
    return Examples(texts, np.arange(len(texts)) % 2, np.arange(len(texts)))


@pytest.mark.row("AT37")
def test_what_one_run_has_learnt_goes_to_other_labels_and_thaws_along_a_chain(tmp_path: Path):
    rows = examples(("glad", "sad"))
    recipe = with_settings(load_recipe("deepmoji"), ("train.epochs=3", "train.batch_tokens=300"), size="tiny")
    first = new_classifier(recipe, ["a", "b"], rows.texts, seed=0)
    fit_any(first, rows, rows, seed=0)
    first.save(tmp_path / "run" / "model")
    chain = (f"model.pretrained={tmp_path / 'run'}", "model.tokens=bert", "train.unfreeze=chain", "train.epochs=6")
    second = new_classifier(with_settings(recipe, chain), ["x", "y", "z"], rows.texts, seed=5)
    old, new = first.network.state_dict(), second.network.state_dict()  # type: ignore[attr-defined]
    assert all(torch.equal(old[name], new[name]) for name in old if not name.startswith("head."))
    assert new["head.weight"].shape == (3, old["head.weight"].shape[1])
    assert second.reader.read(rows.texts[:2]).ids == first.reader.read(rows.texts[:2]).ids  # type: ignore[attr-defined]
    fit_any(second, rows, rows, seed=0)
    assert (second.logits(rows.texts).argmax(1) == rows.labels).mean() > 0.9


def test_another_run_is_no_deepmoji(tmp_path: Path):
    bag = new_classifier(with_settings(load_recipe("bag"), (), size="tiny"), ["a", "b"], ["one two", "three"], seed=0)
    bag.save(tmp_path / "model")
    recipe = with_settings(load_recipe("deepmoji"), (f"model.pretrained={tmp_path}", "model.tokens=bert"))
    with pytest.raises(HeadworkError, match="holds no deepmoji"):
        new_classifier(recipe, ["a", "b"], ["one two"], seed=0)
