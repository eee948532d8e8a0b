"""Sigmoid attention: each place for itself."""

import math

import torch

from headwork.attention.normalisers import Sigmoid


def test_values():
    weights = Sigmoid(bias=-math.log(3))(torch.tensor([0.0, math.log(3), -torch.inf], dtype=torch.float64))
    torch.testing.assert_close(weights, torch.tensor([0.25, 0.5, 0], dtype=torch.float64))


def test_a_place_changes_no_other():
    scores = torch.randn(3, 5, generator=torch.Generator().manual_seed(0))
    changed = scores.clone()
    changed[:, 2] = 9
    assert torch.equal(Sigmoid()(changed)[:, [0, 1, 3, 4]], Sigmoid()(scores)[:, [0, 1, 3, 4]])


def test_the_bias_is_not_rounded_with_the_scores():
    scores, bias = torch.full((1,), 8.0, dtype=torch.bfloat16), -8.01
    assert abs(Sigmoid(bias)(scores).item() - 1 / (1 + math.exp(0.01))) < 1e-3
