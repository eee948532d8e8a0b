"""Softmax over the k greatest."""

import pytest
import torch

from headwork.attention.normalisers import Softmax, TopK
from headwork.base.errors import HeadworkError


def test_values():
    scores = torch.tensor([3.0, -1.0, 2.0, 0.0])
    expected = torch.zeros(4)
    expected[[0, 2]] = torch.tensor([3.0, 2.0]).softmax(0)
    torch.testing.assert_close(TopK(2)(scores), expected)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_of_ties_exactly_so_many_are_kept(k):
    weights = TopK(k)(torch.zeros(4, 6))
    assert ((weights > 0).sum(-1) == k).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(4))


def test_fewer_allowed_than_are_kept():
    scores = torch.tensor([[1.0, -torch.inf, 2.0, -torch.inf], [-torch.inf] * 4])
    torch.testing.assert_close(TopK(3)(scores), Softmax()(scores))


def test_it_must_keep_something():
    with pytest.raises(HeadworkError, match="at least 1"):
        TopK(0)
