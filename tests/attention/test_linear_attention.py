"""Linear attention against the quadratic form of the same kernel, and random features against what they estimate."""

import math
from typing import Literal

import numpy as np
import pytest
import torch
from torch import Tensor

from headwork.attention.attend import attend, request_of
from headwork.attention.kernels.linear import CHUNK
from headwork.attention.layout import Padded
from headwork.attention.mechanism import Mechanism
from headwork.attention.normalisers import Proportional
from headwork.attention.parts import Part
from headwork.attention.plan import plan
from headwork.attention.scopes import Causal, Full
from headwork.attention.scores import Features

D, E = 4, 3


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def linear(query: Tensor, key: Tensor, value: Tensor, features: Features, scope: Part = Full(), **given) -> Tensor:
    mechanism = Mechanism(features, scope=scope, normaliser=Proportional())
    assert plan(mechanism, request_of(mechanism, query, key, value, given.get("layout"))).kernel == "linear"
    return attend(query, key, value, score=features, scope=scope, normaliser=Proportional(), **given)


def elu_plus_one(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x + 1, np.exp(np.minimum(x, 0)))


@pytest.mark.row("TR15")
@pytest.mark.parametrize("scope", [Full(), Causal()], ids=repr)
@pytest.mark.parametrize("places", [1, 5, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 44])
def test_linear_attention_is_the_quadratic_form_of_its_kernel(places, scope):
    query, key, value = normal(2, 2, places, D), normal(2, 2, places, D, seed=1), normal(2, 2, places, E, seed=2)
    likeness = elu_plus_one(query.numpy()) @ elu_plus_one(key.numpy()).swapaxes(-1, -2)
    if isinstance(scope, Causal):
        likeness = np.tril(likeness)
    expected = likeness / likeness.sum(-1, keepdims=True) @ value.numpy()
    found = linear(query, key, value, Features("elu"), scope)
    np.testing.assert_allclose(found.numpy(), expected, rtol=0, atol=1e-12)


@pytest.mark.row("TR15")
@pytest.mark.parametrize("kind", ["elu", "positive"])
@pytest.mark.parametrize("scope", [Full(), Causal()], ids=repr)
def test_gradients_of_linear_attention_are_those_of_the_dense_form(kind, scope):
    features = Features(kind, dim=D, directions=6).double()
    leaves = [normal(1, 1, 2 * CHUNK + 3, width, seed=seed).requires_grad_() for seed, width in enumerate((D, D, E))]
    given = {"score": features, "scope": scope, "normaliser": Proportional()}
    found, expected = (
        torch.autograd.grad(attend(*leaves, kernel=kernel, **given).square().sum(), leaves)
        for kernel in ("linear", "dense")
    )
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)


@pytest.mark.row("TR15")
@pytest.mark.parametrize("scope", [Full(), Causal()], ids=repr)
def test_padding_is_no_part_of_the_sums(scope):
    lengths, x, value = (150, 1, 0, 60), normal(4, 2, 150, D), normal(4, 2, 150, E, seed=1)
    found = linear(x, x, value, Features("elu"), scope, layout=Padded(lengths))
    for text, length in enumerate(lengths):
        alone = [part[text : text + 1, :, :length] for part in (x, x, value)]
        torch.testing.assert_close(found[text, :, :length], linear(*alone, Features("elu"), scope)[0])
        assert (found[text, :, length:] == 0).all()


QUERY, KEY = 0.4 * normal(6, D), 0.4 * normal(6, D, seed=1)


def estimates(kind: Literal["positive", "random"], directions: int, seeds: int) -> Tensor:
    """(seeds, 6) estimates of exp(q · k / sqrt(d)) of six pairs."""
    drawn = []
    for seed in range(seeds):
        features = Features(kind, dim=D, directions=directions, seed=seed)
        left, right = features.product(QUERY, KEY)
        drawn.append((left * right).sum(-1))
    return torch.stack(drawn)


TRUTH = (QUERY * KEY).sum(-1).div(math.sqrt(D)).exp()


@pytest.mark.row("LC26")
@pytest.mark.row("LC27")
@pytest.mark.parametrize("kind", ["positive", "random"])
@pytest.mark.parametrize("directions", [1, 4, 10])
def test_random_features_are_unbiased(kind, directions):
    drawn = estimates(kind, directions, 3000)
    errors = (drawn.mean(0) - TRUTH) / (drawn.std(0) / math.sqrt(len(drawn)))
    assert errors.abs().max() < 4
    assert (drawn.std(0) / math.sqrt(len(drawn)) / TRUTH).max() < 0.1  # an error worth seeing would be seen
    if kind == "positive":
        assert (drawn > 0).all()


SIZES = (16, 64, 256, 1024)


def slope(errors: list[float]) -> float:
    return float(np.polyfit(np.log(SIZES), np.log(errors), 1)[0])


@pytest.mark.row("LC26")
@pytest.mark.row("LC27")
@pytest.mark.parametrize("kind", ["positive", "random"])
def test_the_error_of_a_feature_product_falls_with_the_root_of_their_number(kind):
    errors = [float((estimates(kind, size, 60) - TRUTH).square().mean().sqrt()) for size in SIZES]
    assert slope(errors) == pytest.approx(-0.5, abs=0.08)


@pytest.mark.row("LC26")
@pytest.mark.row("LC27")
@pytest.mark.parametrize("kind", ["positive", "random"])
def test_the_error_of_attention_by_features_falls_with_the_root_of_their_number(kind):
    query, key, value = 0.4 * normal(1, 1, 20, D), 0.4 * normal(1, 1, 30, D, seed=1), normal(1, 1, 30, E, seed=2)
    softmax = attend(query, key, value)
    errors = []
    for size in SIZES:
        found = [linear(query, key, value, Features(kind, dim=D, directions=size, seed=seed)) for seed in range(30)]
        errors.append(float((torch.stack(found) - softmax).square().mean().sqrt()))
    assert slope(errors) == pytest.approx(-0.5, abs=0.08)
    assert errors[-1] < 0.02


@pytest.mark.row("LC27")
def test_directions_stand_at_right_angles_within_a_block_and_are_as_long_as_normal_ones():
    directions = Features("positive", dim=D, directions=4000).get_buffer("directions")
    among = directions.unflatten(0, (-1, D)) @ directions.unflatten(0, (-1, D)).mT
    assert (among - torch.diag_embed(among.diagonal(dim1=-2, dim2=-1))).abs().max() < 1e-5
    squares = directions.square().sum(-1)
    assert abs(float(squares.mean()) - D) < 4 * math.sqrt(2 * D / 4000)
    assert abs(float(squares.var()) - 2 * D) < 0.15 * 2 * D
    covariance = directions.T @ directions / 4000
    torch.testing.assert_close(covariance, torch.eye(D), rtol=0, atol=0.08)
