"""The contrastive loss against loops; a partner that is right too is no wrong answer."""

import math

import pytest
import torch
from torch.nn import functional

from headwork.layers.contrastive import contrastive_loss


def vectors(seed: int, count: int = 5, width: int = 4) -> torch.Tensor:
    drawn = torch.randn(count, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return functional.normalize(drawn, dim=1)


def by_loops(one: torch.Tensor, other: torch.Tensor, scale: float, right: list[list[bool]]) -> float:
    total, count = 0.0, len(one)
    for forward in (True, False):
        for row in range(count):
            powers = {}
            for column in range(count):
                allowed = right[row][column] if forward else right[column][row]
                if column == row or not allowed:
                    pair = (one[row], other[column]) if forward else (one[column], other[row])
                    powers[column] = math.exp(scale * float(pair[0] @ pair[1]))
            total -= math.log(powers[row] / sum(powers.values()))
    return total / (2 * count)


@pytest.mark.parametrize("marked", [[], [(0, 3)], [(0, 3), (3, 0), (1, 2)]])
def test_the_loss_is_its_formula(marked):
    one, other = vectors(0).requires_grad_(), vectors(1).requires_grad_()
    right = torch.eye(5, dtype=torch.bool)
    for row, column in marked:
        right[row, column] = True
    found = contrastive_loss(one, other, 7.0, right=right)
    assert found.item() == pytest.approx(by_loops(one.detach(), other.detach(), 7.0, right.tolist()), abs=1e-12)
    found.backward()
    assert one.grad is not None and one.grad.isfinite().all()
    if not marked:
        assert found.item() == contrastive_loss(one, other, 7.0).item()


def test_where_all_are_right_nothing_is_wrong():
    one, other = vectors(0), vectors(1)
    assert contrastive_loss(one, other, 20.0, right=torch.ones(5, 5, dtype=torch.bool)).item() == 0.0
