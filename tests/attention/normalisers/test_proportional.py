"""Weights in proportion to scores."""

import torch

from headwork.attention.normalisers import Proportional, Softmax


def test_values():
    weights = Proportional()(torch.tensor([1.0, 3.0, 0.0, -torch.inf]))
    assert weights.tolist() == [0.25, 0.75, 0, 0]


def test_of_exponentials_it_is_softmax():
    scores = torch.randn(4, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(Proportional()(scores.exp()), Softmax()(scores))


def test_a_row_of_zeros_gives_zeros_and_no_gradient():
    scores = torch.tensor([[0.0, 0.0, -torch.inf], [1.0, 0.0, 2.0]], requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        weights = Proportional()(scores)
        weights[:, 0].sum().backward()
    assert torch.equal(weights[0], torch.zeros(3))
    assert scores.grad is not None and torch.equal(scores.grad[0], torch.zeros(3))
    assert (scores.grad[1] != 0).all()
