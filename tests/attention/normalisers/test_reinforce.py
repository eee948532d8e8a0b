"""REINFORCE against exact enumeration, what a baseline is for, and that it learns where to look."""

import pytest
import torch
from torch import Tensor

from headwork.attention.normalisers import Hard, MovingBaseline, Softmax, reinforce_loss
from headwork.attention.normalisers.reinforce import Draw, draw_of
from headwork.base.errors import HeadworkError

SCORES = torch.tensor([0.5, -0.2, 1.0, 0.0], dtype=torch.float64)
REWARDS = torch.tensor([5.0, 7.0, 4.0, 6.0], dtype=torch.float64)
"""of each of the four places"""


def exact_gradient(entropy_weight: float) -> Tensor:
    """Of minus the expected reward and the weighted entropy, over all places."""
    scores = SCORES.clone().requires_grad_()
    p = scores.softmax(0)
    return torch.autograd.grad(-(p @ REWARDS) - entropy_weight * torch.special.entr(p).sum(), scores)[0]


def gradients_of_draws(rows: int, baseline: float, entropy_weight: float = 0.0) -> Tensor:
    """(rows, 4): one estimate for each of so many draws."""
    torch.manual_seed(0)
    normaliser, scores = Hard("reinforce"), SCORES.repeat(rows, 1).requires_grad_()
    with normaliser.drawing() as draws:
        reward = normaliser(scores) @ REWARDS
    return torch.autograd.grad(reinforce_loss(draws, reward, baseline, entropy_weight), scores)[0] * rows


@pytest.mark.row("AT17")
@pytest.mark.parametrize("entropy_weight", [0.0, 0.7])
@pytest.mark.parametrize("baseline", [0.0, 5.0])
def test_the_mean_over_all_places_is_the_exact_gradient(entropy_weight, baseline):
    scores = SCORES.repeat(4, 1).requires_grad_()
    draws = [draw_of(scores, torch.arange(4)[:, None])]
    shares = SCORES.softmax(0)
    # each place is drawn once, and counts for as much as it is likely
    (each,) = torch.autograd.grad(reinforce_loss(draws, REWARDS, baseline, entropy_weight), scores)
    torch.testing.assert_close((4 * each * shares[:, None]).sum(0), exact_gradient(entropy_weight), rtol=0, atol=1e-12)


@pytest.mark.row("AT17")
@pytest.mark.parametrize("entropy_weight", [0.0, 0.7])
@pytest.mark.parametrize("baseline", [0.0, 5.0])
def test_the_mean_over_draws_is_the_exact_gradient(entropy_weight, baseline):
    each = gradients_of_draws(20_000, baseline, entropy_weight)
    error = each.std(0) / len(each) ** 0.5
    assert ((each.mean(0) - exact_gradient(entropy_weight)).abs() <= 5 * error).all()


@pytest.mark.row("AT17")
def test_a_baseline_reduces_the_variance():
    expected = (SCORES.softmax(0) @ REWARDS).item()
    without, with_it = (gradients_of_draws(5000, baseline).var(0).sum() for baseline in (0.0, expected))
    assert with_it < without / 5


def text_with_a_cue(texts: int, places: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """(B, K, 2) a cue, beside noise, at the place that tells, and a sign at each place; (B,) that sign; that place."""
    where = torch.randint(places, (texts,), generator=generator)
    cue = torch.randn(texts, places, generator=generator) * 0.3
    cue[torch.arange(texts), where] += 2
    signs = torch.randint(2, (texts, places), generator=generator).float() * 2 - 1
    return torch.stack([cue, signs], -1), signs[torch.arange(texts), where], where


@pytest.mark.row("AT17")
def test_it_learns_where_to_look():
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    normaliser, baseline = Hard("reinforce"), MovingBaseline()
    query = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.Adam([query], lr=0.1)

    def found() -> float:
        texts, _, where = text_with_a_cue(500, 6, generator)
        with torch.no_grad():
            return (normaliser(texts @ query).argmax(-1) == where).float().mean().item()

    assert found() < 0.3
    for _ in range(150):
        texts, sign, _ = text_with_a_cue(64, 6, generator)
        with normaliser.drawing() as draws:
            seen = (normaliser(texts @ query) * texts[..., 1]).sum(-1)
        reward = (seen == sign).float()
        optimizer.zero_grad()
        reinforce_loss(draws, reward, baseline.value, entropy_weight=0.01).backward()
        optimizer.step()
        baseline.update(reward)
    assert found() > 0.95
    assert baseline.value > 0.8


def test_a_draw_is_the_logarithm_and_the_entropy_of_its_row():
    logits = torch.tensor([[1.0, 2.0, -torch.inf], [-torch.inf] * 3], requires_grad=True)
    draw = draw_of(logits, torch.tensor([[1], [0]]))
    p = Softmax()(logits.detach()[0])
    torch.testing.assert_close(draw.log_probability, torch.tensor([p[1].log(), 0]))
    torch.testing.assert_close(draw.entropy, torch.tensor([torch.special.entr(p).sum(), 0]))
    with torch.autograd.set_detect_anomaly(True):
        (draw.log_probability.sum() + draw.entropy.sum()).backward()
    assert logits.grad is not None and logits.grad.isfinite().all()
    assert torch.equal(logits.grad[1], torch.zeros(3)) and logits.grad[0, 2] == 0


def test_draws_of_a_text_share_its_reward():
    rows = torch.arange(12, dtype=torch.float64).view(2, 3, 2)
    draws = [Draw(rows, 2 * rows), Draw(rows[:, 0, 0], rows[:, 0, 0])]
    reward = torch.tensor([1.0, 2.0], dtype=torch.float64)
    logs, entropies = torch.tensor([15.0, 51.0 + 6]), torch.tensor([30.0, 102.0 + 6])
    expected = -((reward - 0.5) * logs + 0.1 * entropies).mean()
    torch.testing.assert_close(reinforce_loss(draws, reward, 0.5, 0.1), expected)
    assert reinforce_loss([], reward) == 0


def test_draws_are_collected_by_their_own_block_alone():
    one, other = Hard("reinforce"), Hard("reinforce")
    assert one == other, "equal values, and yet two layers"
    scores = torch.zeros(3, 4)
    one(scores)
    with one.drawing() as outer:
        one(scores), other(scores)
        with one.drawing() as inner, other.drawing() as others:
            one(scores), one(scores), other(scores)
        one(scores)
    one(scores)
    assert (len(outer), len(inner), len(others)) == (2, 2, 1)
    assert outer[0].log_probability.shape == outer[0].entropy.shape == (3,)


def test_a_block_that_fails_collects_no_more():
    normaliser = Hard("reinforce")
    with pytest.raises(RuntimeError), normaliser.drawing() as draws:
        raise RuntimeError
    normaliser(torch.zeros(3, 4))
    assert not draws


def test_only_reinforce_draws_for_a_reward():
    with pytest.raises(HeadworkError, match="only 'reinforce'"), Hard("gumbel").drawing():
        pass


def test_the_moving_baseline_moves_by_a_tenth_and_is_saved():
    baseline = MovingBaseline()
    baseline.update(torch.tensor([4.0, 6.0]))
    baseline.update(torch.tensor([10.0]))
    torch.testing.assert_close(baseline.value, torch.tensor(0.9 * 0.5 + 0.1 * 10))
    again = MovingBaseline()
    again.load_state_dict(baseline.state_dict())
    assert again.value == baseline.value
