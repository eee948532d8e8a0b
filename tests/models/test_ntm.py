"""The Neural Turing machine beside a plain loop over numbers, and on its tasks."""

import numpy as np
import pytest
import torch

from headwork.models.algorithm import Shape
from headwork.models.ntm import EMPTY, Ntm, NtmConfig

pytestmark = pytest.mark.row("ME01")

SHAPE = Shape(inputs=3, outputs=2, answers="bits", longest=9)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def softmax(x: np.ndarray) -> np.ndarray:
    raised = np.exp(x - x.max())
    return raised / raised.sum()


def by_hand(model: Ntm, x: np.ndarray) -> np.ndarray:
    """(T, I) to (T, O) for one example, one read and one write head, place by place, as the paper's equations stand."""
    p = {name: value.detach().numpy() for name, value in model.named_parameters()}
    places, width, reach = model.config.places, model.config.width, model.config.reach
    memory = np.full((places, width), EMPTY)
    weights = [softmax(row) for row in p["first_weights"]]
    given, (h, c), outputs = p["first_read"], p.get("first_state", (None, None)), []
    for step in x:
        joined = np.concatenate([step, given])
        if model.config.controller == "feed-forward":
            h = np.tanh(p["controller.weight"] @ joined + p["controller.bias"])
        else:
            gates = p["controller.weight_ih"] @ joined + p["controller.bias_ih"]
            gates = gates + p["controller.weight_hh"] @ h + p["controller.bias_hh"]
            i, f, g, o = np.split(gates, 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        told = p["command.weight"] @ h + p["command.bias"]
        size = width + 3 + 2 * reach + 1
        for head in range(2):
            own = told[head * size : (head + 1) * size]
            key, beta, gate = np.tanh(own[:width]), np.log1p(np.exp(own[width])), sigmoid(own[width + 1])
            shift, gamma = softmax(own[width + 2 : -1]), 1 + np.log1p(np.exp(own[-1]))
            lengths = np.linalg.norm(memory, axis=1) * np.linalg.norm(key)
            content = softmax(beta * (memory @ key) / lengths)
            gated = gate * content + (1 - gate) * weights[head]
            moved = np.zeros(places)
            for place in range(places):
                for by in range(-reach, reach + 1):
                    moved[(place + by) % places] += gated[place] * shift[by + reach]
            weights[head] = moved**gamma / (moved**gamma).sum()
        given = weights[0] @ memory
        erase, add = sigmoid(told[-2 * width : -width]), np.tanh(told[-width:])
        memory = memory * (1 - np.outer(weights[1], erase)) + np.outer(weights[1], add)
        outputs.append(p["output.weight"] @ np.concatenate([h, given]) + p["output.bias"])
    return np.stack(outputs)


@pytest.mark.parametrize("controller", ["lstm", "feed-forward"])
def test_the_machine_is_the_papers_equations(controller):
    torch.manual_seed(0)
    model = Ntm(NtmConfig(controller=controller, hidden=5, places=6, width=4, reach=2), SHAPE).double()
    for parameter in model.parameters():
        parameter.data.normal_()
    x = torch.randn(2, 7, 3, dtype=torch.float64)
    found = model(x).outputs
    for row in range(2):
        np.testing.assert_allclose(found[row].detach(), by_hand(model, x[row].numpy()), atol=1e-9)


@pytest.mark.parametrize("controller", ["lstm", "feed-forward"])
def test_what_is_read_depends_on_what_was_written(controller):
    """A feed-forward controller has no memory of its own: what the first step says reaches the last by the matrix."""
    torch.manual_seed(0)
    model = Ntm(NtmConfig(controller=controller, hidden=16, read_heads=2, write_heads=2), SHAPE)
    x = torch.randn(1, 6, 3, requires_grad=True)
    model(x).outputs[:, -1].sum().backward()
    assert x.grad is not None and x.grad[0, 0].abs().sum() > 0


def test_addresses_are_distributions_at_every_step():
    torch.manual_seed(0)
    looks = Ntm(NtmConfig(hidden=16, read_heads=2), SHAPE)(torch.randn(2, 6, 3)).looks
    assert looks.keys() == {"read", "write"}
    for weights in looks.values():
        assert weights.shape == (2, 6, 64)
        torch.testing.assert_close(weights.sum(-1), torch.ones(2, 6))


@pytest.mark.parametrize("setting", [{"places": 0}, {"reach": 40}, {"controller": "gru"}])
def test_impossible_settings_are_refused(setting):
    import msgspec

    with pytest.raises((ValueError, msgspec.ValidationError)):
        msgspec.convert(setting, NtmConfig)
