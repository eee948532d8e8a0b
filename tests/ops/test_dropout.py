"""Our dropout is torch's in distribution, in gradient and in evaluation."""

import pytest
import torch

from headwork.ops.dropout import drop, drop_locked


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.5, 0.9])
def test_the_share_of_zeros_is_the_rate(rate: float):
    torch.manual_seed(0)
    dropped = drop(torch.ones(1000, 1001), rate) == 0
    deviation = (rate * (1 - rate)) ** 0.5
    assert abs(dropped.double().mean() - rate) < 4 * deviation / 1000
    # rows, columns and neighbours are dropped independently of each other: each mean stays within its own deviation
    assert (dropped.double().mean(0) - rate).abs().max() < 6 * deviation / 1000**0.5
    assert (dropped.double().mean(1) - rate).abs().max() < 6 * deviation / 1000**0.5
    for apart in range(1, 9):
        pairs = (dropped.flatten()[apart:] & dropped.flatten()[:-apart]).double().mean()
        assert abs(pairs - rate**2) < 5 * rate / 1000


def test_what_is_kept_keeps_the_mean_and_passes_its_gradient():
    torch.manual_seed(0)
    x = torch.randn(300, 300, dtype=torch.float64, requires_grad=True)
    y = drop(x, 0.25)
    kept = (y != 0).double()
    assert torch.allclose(y, x * kept / 0.75)
    y.sum().backward()
    assert torch.allclose(x.grad, kept / 0.75)


def test_the_generator_decides():
    x = torch.ones(7, 5)
    torch.manual_seed(3)
    first = drop(x, 0.5)
    assert not torch.equal(first, drop(x, 0.5))
    torch.manual_seed(3)
    assert torch.equal(first, drop(x, 0.5))


def test_evaluation_and_rate_zero_change_nothing():
    x = torch.randn(4)
    assert drop(x, 0.5, training=False) is x
    assert drop(x, 0.0) is x
    assert drop(torch.empty(0, 3), 0.5).shape == (0, 3)
    assert drop(x, 1.0).abs().sum() == 0


def test_a_locked_mask_is_drawn_once_a_text():
    torch.manual_seed(0)
    y = drop_locked(torch.ones(500, 7, 30), 0.3)
    assert torch.equal(y, y[:, :1].expand_as(y))
    assert abs((y == 0).double().mean() - 0.3) < 4 * (0.21 / 15_000) ** 0.5
    assert not torch.equal(y[0], y[1]) and torch.allclose(y[y != 0], torch.tensor(1 / 0.7), rtol=1e-4)
    x = torch.ones(2, 3)
    assert drop_locked(x, 0.5, training=False) is x and drop_locked(x, 0.0) is x
