"""Bytes of tensors that live at once, against what autograd is known to keep."""

import torch
from torch import nn

from headwork.ops.live import Live


def test_a_view_counts_once_and_what_is_gone_no_longer() -> None:
    with Live() as live:
        one = torch.zeros(1000)
        other = one.view(10, 100)
        assert live.now == 4000
        del one
        assert live.now == 4000
        del other
        assert live.now == 0
        for _ in range(5):
            other = torch.ones(1000)
        assert live.now == other.nbytes == 4000
    assert live.peak == 8000


def test_what_autograd_keeps_is_counted() -> None:
    """A ReLU keeps its result, a linear layer its input: of n layers n results."""
    x = torch.randn(100, 64)
    for layers in (2, 4, 8):
        network = nn.Sequential(*[nn.Sequential(nn.Linear(64, 64), nn.ReLU()) for _ in range(layers)])
        with Live() as live:
            y = network(x)
            held = live.now
        assert held == layers * 100 * 64 * 4
        del y
