"""Head statistics at their known values, and against scipy."""

import math

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy as scipy_entropy

from headwork.attention.diversity import density, divergence, entropy
from headwork.attention.normalisers import Entmax15, Softmax


def maps(*shape: int, normaliser=Softmax()) -> torch.Tensor:
    return normaliser(2 * torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64))


@pytest.mark.row("TR13")
def test_heads_that_are_alike_do_not_diverge():
    assert divergence(maps(2, 1, 3, 5).expand(2, 4, 3, 5)).item() == pytest.approx(0, abs=1e-15)


@pytest.mark.row("TR13")
@pytest.mark.parametrize("heads", [1, 2, 5])
def test_heads_that_share_no_place_diverge_by_the_logarithm_of_their_number(heads):
    apart = torch.eye(heads)[None, :, None, :].expand(2, heads, 3, heads)
    assert divergence(apart).item() == pytest.approx(math.log(heads), abs=1e-6)


@pytest.mark.row("TR13")
def test_two_heads_diverge_as_scipy_says():
    pair = maps(2, 2, 3, 5)
    expected = np.square(jensenshannon(pair[:, 0].numpy(), pair[:, 1].numpy(), axis=-1)).mean()
    assert divergence(pair).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.row("TR13")
def test_more_heads_diverge_by_the_entropy_of_their_mean_less_the_mean_of_theirs():
    layer = maps(2, 4, 3, 5, normaliser=Entmax15()).numpy()
    expected = (scipy_entropy(layer.mean(1), axis=-1) - scipy_entropy(layer, axis=-1).mean(1)).mean()
    assert divergence(torch.from_numpy(layer)).item() == pytest.approx(expected, rel=1e-12)
    assert 0 < expected < math.log(4)


@pytest.mark.row("TR13")
def test_entropy_of_each_head_is_scipys():
    layer = maps(2, 4, 3, 5)
    expected = scipy_entropy(layer.numpy(), axis=-1).mean((0, 2))
    torch.testing.assert_close(entropy(layer), torch.from_numpy(expected))


@pytest.mark.row("TR13")
def test_sparse_heads_are_less_dense_and_differ_more():
    dense, sparse = maps(2, 4, 3, 50), maps(2, 4, 3, 50, normaliser=Entmax15())
    assert (density(dense) == 1).all()
    assert (density(sparse) < 0.5).all()
    assert (entropy(sparse) < entropy(dense)).all()
    assert divergence(sparse) > divergence(dense)


def test_density_counts_allowed_pairs():
    layer = torch.tensor([[1.0, 0, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 0, 0]])[None, None]
    allowed = torch.tensor([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]], dtype=torch.bool)
    assert density(layer, allowed).tolist() == [0.75]
    assert density(layer).tolist() == [3 / 8]


def test_rows_without_weight_are_left_out():
    layer = maps(2, 3, 4, 5)
    padded = torch.cat([layer, torch.zeros(2, 3, 2, 5)], dim=2)
    for statistic in (divergence, entropy, density):
        torch.testing.assert_close(statistic(padded), statistic(layer))
    nothing = torch.zeros(2, 3, 4, 5)
    assert divergence(nothing) == 0
    assert torch.equal(entropy(nothing), torch.zeros(3)) and torch.equal(density(nothing), torch.zeros(3))


def test_a_row_in_which_one_head_is_silent_tells_nothing_of_divergence():
    layer = maps(1, 3, 4, 5)
    silent = layer.clone()
    silent[:, 1, 2] = 0
    torch.testing.assert_close(divergence(silent), divergence(layer[:, :, [0, 1, 3]]))
