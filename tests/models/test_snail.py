"""SNAIL: nothing looks ahead, everything behind is seen, and before learning all classes are alike."""

import math

import pytest
import torch

from headwork.data.drawn import prepare_drawn
from headwork.models.algorithm import Shape
from headwork.models.snail import Dense, Look, Snail, SnailConfig, Temporal

pytestmark = pytest.mark.row("ME07")


def seen_by(outputs: torch.Tensor, inputs: torch.Tensor) -> list[int]:
    """Steps of the inputs that the sum of some outputs depends on."""
    (gradient,) = torch.autograd.grad(outputs.sum(), inputs, retain_graph=True)
    return gradient.abs().sum((0, 1)).nonzero().flatten().tolist()


def test_no_block_looks_ahead():
    torch.manual_seed(0)
    x = torch.randn(2, 6, 11, dtype=torch.float64, requires_grad=True)
    dense, temporal, look = Dense(6, 4, 2).double(), Temporal(6, 4, 11).double(), Look(6, 5, 3).double()
    for step in range(11):
        assert seen_by(dense(x)[:, 6:, step], x) == ([step - 2, step] if step >= 2 else [step])
        assert seen_by(temporal(x)[..., step], x) == list(range(step + 1))
        assert seen_by(look(x)[0][..., step], x) == list(range(step + 1))


def test_the_network_is_causal_and_sees_all_behind():
    torch.manual_seed(0)
    model = Snail(SnailConfig(width=8, filters=4, key=4, value=4), Shape(3, 5, "classes", 9)).double()
    x = torch.randn(1, 9, 3, dtype=torch.float64)
    changed = x.clone()
    changed[:, 6:] += 1
    torch.testing.assert_close(model(x).outputs[:, :6], model(changed).outputs[:, :6])
    changed = x.clone()
    changed[:, 0] += 1
    assert (model(x).outputs - model(changed).outputs).abs().sum(-1).min() > 0


def test_a_dense_block_is_its_formula():
    torch.manual_seed(0)
    block, x = Dense(3, 2, 4).double(), torch.randn(1, 3, 9, dtype=torch.float64)
    weight, bias = block.convolution.weight, block.convolution.bias
    for step in range(9):
        before = x[0, :, step - 4] if step >= 4 else torch.zeros(3, dtype=torch.float64)
        both = weight[..., 0] @ before + weight[..., 1] @ x[0, :, step] + bias
        torch.testing.assert_close(block(x)[0, 3:, step], both[:2].tanh() * both[2:].sigmoid())
    torch.testing.assert_close(block(x)[:, :3], x)


def test_without_learning_it_is_at_chance():
    drawn = prepare_drawn("episodes")
    torch.manual_seed(0)
    generator = drawn.generator
    model = Snail(SnailConfig(), Shape(generator.inputs, generator.outputs, "classes", 16))
    right, rows = 0, 0
    for examples in drawn.test:
        named = model(torch.from_numpy(examples.inputs)).outputs[:, -1].argmax(-1).numpy()
        right, rows = right + (named == examples.targets[:, -1]).sum(), rows + len(examples)
    assert abs(right / rows - 1 / 5) < 4 * math.sqrt(0.16 / rows)
