"""Against torch.softmax, in value and in both derivatives."""

import pytest
import torch

from headwork.attention.normalisers import Softmax


def scores(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.row("TR11")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_it_is_torchs(dtype):
    given = scores(4, 7).to(dtype)
    given[1, 3:] = -torch.inf
    assert torch.equal(Softmax()(given), given.softmax(-1))


def test_rows_beside_an_empty_one_are_torchs_too():
    given = scores(4, 7)
    given[2] = -torch.inf
    weights = Softmax()(given)
    assert torch.equal(weights[[0, 1, 3]], given[[0, 1, 3]].softmax(-1))
    assert torch.equal(weights[2], torch.zeros(7, dtype=torch.float64))


@pytest.mark.parametrize("empty_row", [False, True])
def test_second_derivatives(empty_row):
    hidden = torch.zeros(3, 4, dtype=torch.bool)
    hidden[0, 1:3] = True
    hidden[1] = empty_row
    given = scores(3, 4).requires_grad_()
    assert torch.autograd.gradgradcheck(lambda x: Softmax()(x.masked_fill(hidden, -torch.inf)), (given,))
