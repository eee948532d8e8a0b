"""Published values, the entmax package, and the definition."""

import entmax
import pytest
import torch
from tests.attention.normalisers.families import ROWS, row

from headwork.attention.normalisers import Entmax15


@pytest.mark.row("TR11")
def test_published_vector():
    weights = Entmax15()(torch.tensor([-2.0, 0.0, 0.5], dtype=torch.float64))
    torch.testing.assert_close(weights, torch.tensor([0, 0.3260, 0.6740], dtype=torch.float64), rtol=0, atol=5e-5)
    assert weights[0] == 0


@pytest.mark.row("TR11")
@pytest.mark.parametrize("places", [2, 33, 2048])
@pytest.mark.parametrize("name", ROWS)
def test_each_row_is_on_the_curve_of_the_definition(name, places):
    """p = (s / 2 - t)^2 above one threshold t, nothing below it, and the sum is one."""
    scores = row(name, places)
    weights = Entmax15()(scores)
    torch.testing.assert_close(weights.sum(-1), torch.ones(len(scores), dtype=torch.float64), rtol=0, atol=1e-13)
    thresholds = scores / 2 - weights.sqrt()
    threshold = thresholds.masked_fill(weights == 0, -torch.inf).amax(-1, keepdim=True)
    spread = (thresholds - threshold).masked_fill(weights == 0, 0).abs()
    assert spread.max() <= 1e-12 * max(1.0, scores[scores.isfinite()].abs().max().item())
    assert (scores[weights == 0] / 2 <= threshold.expand_as(scores)[weights == 0]).all()


@pytest.mark.row("TR11")
@pytest.mark.parametrize("name", ROWS)
def test_the_entmax_package_finds_the_same(name):
    scores = row(name, 200)
    # the package takes the square root of a difference, which costs it half of the digits of even rows
    torch.testing.assert_close(Entmax15()(scores), entmax.entmax15(scores, dim=-1), rtol=0, atol=1e-9)
    torch.testing.assert_close(
        Entmax15()(scores.float()).double(), Entmax15()(scores.float().double()), rtol=0, atol=3e-6
    )


@pytest.mark.row("TR11")
def test_its_gradient_is_the_packages():
    scores = row("normal", 50).requires_grad_()
    upstream = row("normal", 50, seed=1)
    ours = torch.autograd.grad(Entmax15()(scores), scores, upstream)
    theirs = torch.autograd.grad(entmax.entmax15(scores, dim=-1), scores, upstream)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)
