"""Any alpha, and alpha learned: its limits, the entmax package, and its gradient by differences."""

import entmax as package
import pytest
import torch
from tests.attention.normalisers.families import ROWS, row

from headwork.attention.normalisers import Entmax, Entmax15, LearnedEntmax, Softmax, Sparsemax
from headwork.attention.normalisers.entmax import entmax
from headwork.base.errors import HeadworkError

ALPHAS = [1.01, 1.1, 1.3, 1.5, 1.7, 1.9, 1.99]


def excess(alpha: float) -> torch.Tensor:
    return torch.tensor(alpha, dtype=torch.float64) - 1


@pytest.mark.row("TR11")
@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("name", ROWS)
def test_the_entmax_package_finds_the_same_by_bisection(name, alpha):
    scores = row(name, 60)
    if name == "hidden":
        scores = scores.masked_fill(scores == -torch.inf, -1e5)  # the package knows no -inf
    expected = package.entmax_bisect(scores, alpha=alpha, dim=-1, n_iter=80)
    torch.testing.assert_close(entmax(scores, excess(alpha)), expected, rtol=0, atol=1e-12)
    single = entmax(scores.float(), excess(alpha)).double()
    torch.testing.assert_close(single, entmax(scores.float().double(), excess(alpha)), rtol=0, atol=3e-6)


@pytest.mark.row("TR11")
@pytest.mark.parametrize("name", ROWS)
def test_its_ends_and_its_middle(name):
    scores = row(name, 60)
    torch.testing.assert_close(entmax(scores, excess(1 + 1e-6)), Softmax()(scores), rtol=0, atol=1e-4)
    torch.testing.assert_close(entmax(scores, excess(1.5)), Entmax15()(scores), rtol=0, atol=1e-13)
    torch.testing.assert_close(entmax(scores, excess(2.0)), Sparsemax()(scores), rtol=0, atol=1e-13)


def test_alpha_near_one_approaches_softmax_in_proportion():
    scores = row("normal", 20)
    far, near = ((entmax(scores, excess(1 + by)) - Softmax()(scores)).abs().max() for by in (1e-3, 1e-4))
    assert 8 < far / near < 12


@pytest.mark.row("TR12")
@pytest.mark.parametrize("alpha", [1.001, *ALPHAS])
def test_the_gradient_of_alpha_is_that_of_differences(alpha):
    scores, upstream = row("normal", 12), row("normal", 12, seed=1)
    c = excess(alpha).requires_grad_()
    (gradient,) = torch.autograd.grad((entmax(scores, c) * upstream).sum(), c)
    step = min(1e-5, (alpha - 1) / 100)
    above, below = ((entmax(scores, excess(alpha + by)) * upstream).sum() for by in (step, -step))
    torch.testing.assert_close(gradient, (above - below) / (2 * step), rtol=2e-5, atol=1e-6)


@pytest.mark.row("TR12")
@pytest.mark.parametrize("alpha", ALPHAS[1:])
def test_the_gradient_of_alpha_is_the_packages(alpha):
    scores, upstream = row("normal", 12), row("normal", 12, seed=1)
    ours, theirs = excess(alpha).requires_grad_(), torch.tensor(alpha, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad((entmax(scores, ours) * upstream).sum(), ours)
    # the package gives one gradient of alpha for each row
    bisected = package.entmax_bisect(scores, alpha=theirs.expand(len(scores), 1), dim=-1, n_iter=80)
    (expected,) = torch.autograd.grad((bisected * upstream).sum(), theirs)
    torch.testing.assert_close(gradient, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.row("TR12")
def test_each_head_has_its_own_alpha():
    member = LearnedEntmax(3).double()
    with torch.no_grad():
        member.a.copy_(torch.tensor([-1.0, 0.0, 2.0]))
    scores = row("normal", 7)[:6].view(2, 3, 1, 7)
    weights = member(scores)
    for head, alpha in enumerate(member.alpha.tolist()):
        torch.testing.assert_close(weights[:, head], Entmax(alpha)(scores[:, head]), rtol=0, atol=1e-13)


@pytest.mark.row("TR12")
def test_both_gradients_of_the_learned_one():
    member = LearnedEntmax(3, start=1.4).double()
    scores = row("normal", 7)[:6].view(2, 3, 1, 7).clone()
    hidden = torch.zeros(7, dtype=torch.bool).index_fill(0, torch.tensor([2, 6]), True)
    scores[1, 2] = -torch.inf

    def weights(scores, a):
        return torch.func.functional_call(member, {"a": a}, (scores.masked_fill(hidden, -torch.inf),))

    assert torch.autograd.gradcheck(weights, (scores[:1].requires_grad_(), member.a))
    with torch.autograd.set_detect_anomaly(True):
        weights(scores, member.a).square().sum().backward()
    assert member.a.grad is not None and member.a.grad.isfinite().all()


@pytest.mark.row("TR12")
@pytest.mark.parametrize(("wanted", "towards"), [("one", 2), ("all", 1)])
def test_alpha_learns_how_sparse_to_be(wanted, towards):
    member, scores = LearnedEntmax(1), row("normal", 10).float().div(2)[:, None, None]
    even = torch.full_like(scores, 0.1)
    target = torch.zeros_like(scores).scatter(-1, scores.argmax(-1, keepdim=True), 1) if wanted == "one" else even
    optimizer = torch.optim.Adam(member.parameters(), lr=0.1)
    for _ in range(50):
        optimizer.zero_grad()
        (member(scores) - target).square().sum().backward()
        optimizer.step()
    assert abs(member.alpha.item() - towards) < 0.2


@pytest.mark.parametrize("a", [-200.0, -30.0, 30.0, 200.0])
def test_extreme_parameters_stay_finite(a):
    member = LearnedEntmax(1)
    with torch.no_grad():
        member.a.fill_(a)
    scores = row("normal", 10).float()[:, None, None].requires_grad_()
    weights = member(scores)
    weights.square().sum().backward()
    limit = Softmax() if a < 0 else Sparsemax()
    torch.testing.assert_close(weights, limit(scores), rtol=0, atol=1e-4)
    assert scores.grad is not None and scores.grad.isfinite().all() and member.a.grad.isfinite().all()


@pytest.mark.parametrize("alpha", [1.0, 0.5, 2.1, float("nan")])
def test_an_alpha_out_of_range_is_refused(alpha):
    with pytest.raises(HeadworkError, match="must be greater than 1 and at most 2"):
        Entmax(alpha)


@pytest.mark.parametrize("start", [1.0, 2.0])
def test_a_start_out_of_range_is_refused(start):
    with pytest.raises(HeadworkError, match="must be greater than 1 and less than 2"):
        LearnedEntmax(2, start=start)
