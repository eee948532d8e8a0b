"""Published values, the entmax package, and the definition as a projection."""

import entmax
import pytest
import torch
from tests.attention.normalisers.families import ROWS, row

from headwork.attention.normalisers import Sparsemax


@pytest.mark.row("TR11")
def test_published_vector():
    weights = Sparsemax()(torch.tensor([-2.0, 0.0, 0.5], dtype=torch.float64))
    assert weights.tolist() == [0, 0.25, 0.75]


@pytest.mark.row("TR11")
@pytest.mark.parametrize("places", [2, 33, 2048])
@pytest.mark.parametrize("name", ROWS)
def test_the_entmax_package_finds_the_same(name, places):
    scores = row(name, places)
    torch.testing.assert_close(Sparsemax()(scores), entmax.sparsemax(scores, dim=-1), rtol=0, atol=1e-14)
    single = Sparsemax()(scores.float()).double()
    torch.testing.assert_close(single, Sparsemax()(scores.float().double()), rtol=0, atol=3e-6)


@pytest.mark.row("TR11")
def test_its_gradient_is_the_packages():
    scores = row("normal", 50).requires_grad_()
    upstream = row("normal", 50, seed=1)
    ours = torch.autograd.grad(Sparsemax()(scores), scores, upstream)
    theirs = torch.autograd.grad(entmax.sparsemax(scores, dim=-1), scores, upstream)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-14)


def test_it_is_the_nearest_point_of_the_simplex():
    scores = row("normal", 6)
    nearest = Sparsemax()(scores)
    others = torch.distributions.Dirichlet(torch.full((6,), 0.5)).sample((2000, len(scores))).double()
    assert ((others - scores).square().sum(-1) >= (nearest - scores).square().sum(-1) - 1e-12).all()
