"""One place takes all: which, how often, and with which gradient."""

import pytest
import torch

from headwork.attention.normalisers import Hard, Softmax
from headwork.base.errors import HeadworkError

SCORES = torch.tensor([1.0, 0.0, -torch.inf, 0.5], dtype=torch.float64)
ROWS = 20_000


def within_chance(mean: torch.Tensor, share: torch.Tensor) -> bool:
    """Is the mean of so many draws within five standard errors of the share?"""
    return bool(((mean - share).abs() <= 5 * (share * (1 - share) / ROWS).sqrt()).all())


@pytest.mark.parametrize("estimator", ["straight-through", "gumbel", "reinforce"])
def test_each_row_has_a_single_one(estimator):
    torch.manual_seed(0)
    weights = Hard(estimator)(torch.randn(50, 7, requires_grad=True))
    assert ((weights == 1).sum(-1) == 1).all() and ((weights == 0).sum(-1) == 6).all()


@pytest.mark.parametrize("estimator", ["straight-through", "gumbel", "reinforce"])
@pytest.mark.parametrize("guard", [torch.no_grad, torch.inference_mode])
def test_without_gradients_it_is_the_greatest(estimator, guard):
    with guard():
        assert torch.equal(Hard(estimator)(SCORES.expand(200, 4))[:, 0], torch.ones(200, dtype=torch.float64))
        assert Hard(estimator, sample=True)(SCORES.expand(200, 4))[:, 0].mean() < 1


@pytest.mark.row("AT16")
@pytest.mark.parametrize("estimator", ["gumbel", "reinforce"])
def test_soft_is_the_expectation_of_hard_over_its_own_weights(estimator):
    torch.manual_seed(0)
    values = torch.randn(4, 3, dtype=torch.float64)
    soft = Softmax()(SCORES)
    each = torch.eye(4, dtype=torch.float64)
    torch.testing.assert_close(sum(p * (one @ values) for p, one in zip(soft, each, strict=True)), soft @ values)
    drawn = Hard(estimator)(SCORES.expand(ROWS, 4))
    assert within_chance(drawn.mean(0), soft)
    assert (drawn[:, 2] == 0).all()


def test_temperature_spreads_what_reinforce_draws():
    torch.manual_seed(0)
    drawn = Hard("reinforce", temperature=3.0)(SCORES.expand(ROWS, 4))
    assert within_chance(drawn.mean(0), Softmax()(SCORES / 3))


@pytest.mark.parametrize("temperature", [1.0, 0.3])
def test_straight_through_has_the_gradient_of_softmax(temperature):
    scores, upstream = SCORES.clone().requires_grad_(), torch.tensor([1.0, 3.0, 2.0, -1.0], dtype=torch.float64)
    hard = torch.autograd.grad(Hard(temperature=temperature)(scores), scores, upstream)
    soft = torch.autograd.grad(Softmax()(scores / temperature), scores, upstream)
    torch.testing.assert_close(hard, soft)


def test_gumbel_has_the_gradient_of_the_relaxed_draw():
    """Averaged over draws, it points as the exact gradient of the expectation does."""
    torch.manual_seed(0)
    values = torch.tensor([0.0, 3.0, 2.0, 1.0], dtype=torch.float64)
    scores = SCORES.clone().requires_grad_()
    (exact,) = torch.autograd.grad(Softmax()(scores) @ values, scores)
    (mean,) = torch.autograd.grad((Hard("gumbel", temperature=0.5)(scores.expand(ROWS, 4)) @ values).mean(), scores)
    assert torch.nn.functional.cosine_similarity(mean, exact, dim=0) > 0.97


@pytest.mark.parametrize("wrong", [{"estimator": "gumble"}, {"temperature": 0.0}, {"temperature": -1.0}])
def test_wrong_choices_are_refused(wrong):
    with pytest.raises(HeadworkError, match="hard attention"):
        Hard(**wrong)
