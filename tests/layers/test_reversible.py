"""Reversible layers: their inverse gives the input back, gradients are exact, memory is flat."""

import pytest
import torch
from torch import Tensor, nn

from headwork.layers.reversible import Pair, backwards, forwards, reversible
from headwork.ops.dropout import drop
from headwork.ops.live import Live


def layers(many: int, *, dropout: float = 0.0, dtype: torch.dtype = torch.float64) -> tuple[list[Pair], nn.ModuleList]:
    torch.manual_seed(0)
    modules = nn.ModuleList(
        nn.Sequential(nn.LayerNorm(12), nn.Linear(12, 12), nn.GELU(), nn.Linear(12, 12)) for _ in range(2 * many)
    ).to(dtype)

    def dropped(module: nn.Module):
        return lambda x: drop(module(x), dropout)

    return [Pair(dropped(modules[2 * n]), dropped(modules[2 * n + 1])) for n in range(many)], modules


def streams(dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    one, other = (torch.randn(3, 7, 12, generator=generator, dtype=dtype) for _ in range(2))
    return one.requires_grad_(), other.requires_grad_()


@pytest.mark.row("LC07")
def test_the_inverse_gives_the_input_back() -> None:
    pairs, _ = layers(6, dtype=torch.float32)
    one, other = streams(torch.float32)
    back = backwards(*forwards(one, other, pairs), pairs)
    torch.testing.assert_close(back, (one, other), rtol=0, atol=1e-5)


@pytest.mark.row("LC07")
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_gradients_are_those_of_ordinary_backpropagation(dropout) -> None:
    pairs, modules = layers(4, dropout=dropout)
    found = []
    for how in (lambda *x: forwards(*x, pairs), lambda *x: reversible(*x, pairs, list(modules.parameters()))):
        one, other = streams()
        torch.manual_seed(5)
        y1, y2 = how(one, other)
        after = torch.get_rng_state()
        (y1.square().sum() + (y2 * torch.arange(12)).sum()).backward()
        assert torch.equal(after, torch.get_rng_state())
        found.append([y1, y2, one.grad, other.grad, *(p.grad.clone() for p in modules.parameters())])
        modules.zero_grad()
    torch.testing.assert_close(*found, rtol=0, atol=1e-10)


@pytest.mark.row("LC07")
def test_memory_is_flat_in_depth() -> None:
    def peak(many: int, kept: bool) -> int:
        pairs, modules = layers(many, dtype=torch.float32)
        one, other = (x.detach().repeat(20, 4, 1).requires_grad_() for x in streams(torch.float32))
        with Live() as live:
            y1, y2 = forwards(one, other, pairs) if kept else reversible(one, other, pairs, list(modules.parameters()))
            loss = y1.sum() + y2.sum()
            held = live.now
            loss.backward()
        return held

    assert peak(8, kept=True) > 1.9 * peak(4, kept=True)
    assert peak(8, kept=False) < 1.01 * peak(2, kept=False) + 8 * 2 * 5056  # the random states
