"""The mix of layers against its formula."""

import pytest
import torch
from torch import Tensor

from headwork.layers.scalar_mix import ScalarMix


def standardised(x: Tensor) -> Tensor:
    return (x - x.mean()) / ((x - x.mean()) ** 2).mean().sqrt()


NORMS = {
    "none": lambda layer: layer,
    "token": lambda layer: torch.stack([standardised(token) for token in layer]),
    "batch": standardised,
}


@pytest.fixture
def layers() -> Tensor:
    torch.manual_seed(0)
    return 3 * torch.randn(3, 6, 4, dtype=torch.float64) + 1


@pytest.mark.row("EL02")
@pytest.mark.parametrize("norm", NORMS)
def test_the_formula(norm: str, layers: Tensor):
    mix = ScalarMix(3, norm=norm).double()
    s, gamma = torch.tensor([0.3, -1.2, 2.0]).double(), torch.tensor(0.7).double()
    mix.load_state_dict({"scores": s, "gamma": gamma})
    shares = s.exp() / s.exp().sum()
    expected = gamma * sum(share * NORMS[norm](layer) for share, layer in zip(shares, layers, strict=True))
    torch.testing.assert_close(mix(layers), expected, rtol=0, atol=1e-11)
    torch.testing.assert_close(mix.shares(), shares, rtol=0, atol=1e-12)


@torch.no_grad()
@pytest.mark.row("EL02")
@pytest.mark.parametrize("chosen", range(3))
def test_one_hot_scores_give_that_layer(chosen: int, layers: Tensor):
    mix = ScalarMix(3).double()
    mix.scores.fill_(float("-inf"))[chosen] = 0
    assert torch.equal(mix(layers), layers[chosen])


@pytest.mark.row("EL02")
def test_it_starts_from_the_mean(layers: Tensor):
    torch.testing.assert_close(ScalarMix(3).double()(layers), layers.mean(0), rtol=0, atol=1e-12)


@pytest.mark.row("EL02")
def test_gradients(layers: Tensor):
    mix = ScalarMix(3, norm="token").double()

    def mixed(scores: Tensor, gamma: Tensor, layers: Tensor) -> Tensor:
        return torch.func.functional_call(mix, {"scores": scores, "gamma": gamma}, layers)

    assert torch.autograd.gradcheck(mixed, (*mix.parameters(), layers.requires_grad_()))


@torch.no_grad()
def test_only_the_norm_of_the_batch_lets_tokens_see_each_other(layers: Tensor):
    for norm, alone in (("none", True), ("token", True), ("batch", False)):
        mix = ScalarMix(3, norm=norm).double()
        assert torch.allclose(mix(layers)[:2], mix(layers[:, :2])) == alone
