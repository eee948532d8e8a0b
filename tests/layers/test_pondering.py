"""Adaptive computation time against its equations, place by place."""

import pytest
import torch

from headwork.layers.pondering import CLOSE, Pondering


def by_hand(chances: list[float], states: list[float]) -> tuple[float, int, float]:
    """(y, N, R) of one place by Graves' equations; the last step allowed takes the rest."""
    total = 0.0
    for n, p in enumerate(chances, 1):
        if total + p >= 1 - CLOSE or n == len(chances):
            rest = 1 - total
            y = sum(c * s for c, s in zip(chances[: n - 1], states, strict=False)) + rest * states[n - 1]
            return y, n, rest
        total += p
    raise AssertionError


@pytest.mark.row("LC09")
def test_places_halt_as_the_equations_say() -> None:
    torch.manual_seed(0)
    steps, ponder = 6, Pondering(1).double()
    torch.nn.init.constant_(ponder.halt.weight, 1.0)
    torch.nn.init.constant_(ponder.halt.bias, 0.0)
    x = torch.randn(2, 40, 1, dtype=torch.float64) * 2
    spent, told, given, frozen = ponder.begin(x), [], [], []
    for step in range(steps):
        told.append(ponder.halt(x).sigmoid()[..., 0].detach())
        new = 0.7 * x - 0.3 * step
        given.append(new[..., 0])
        frozen.append((spent.chance >= 1 - CLOSE, x))
        x, spent = ponder.step(x, new, spent, last=step + 1 == steps)
        halted, before = frozen[-1]
        assert torch.equal(x[halted], before[halted])
    seen = set()
    for row in range(2):
        for place in range(40):
            chances, states = ([float(each[row, place]) for each in many] for many in (told, given))
            y, n, rest = by_hand(chances, states)
            assert spent.total[row, place, 0].item() == pytest.approx(y, abs=1e-9)
            assert spent.cost[row, place].item() == pytest.approx(n + rest, abs=1e-9)
            seen.add(n)
    assert spent.halted and len(seen) >= 4


@pytest.mark.row("LC09")
def test_one_step_is_one_layer() -> None:
    ponder, x = Pondering(4), torch.randn(1, 5, 4)
    new = torch.randn(1, 5, 4)
    _, spent = ponder.step(x, new, ponder.begin(x), last=True)
    assert torch.equal(spent.total, new) and (spent.cost == 2).all()
