"""Adaptive computation time: each place takes as many steps of one layer as it wants.

    p_n = sigmoid(w · x_n + b),   N = the first n with p_1 + … + p_n >= 1 - ε,   R = 1 - (p_1 + … + p_N-1)
    y   = sum over n < N of p_n x_n+1  +  R x_N+1                  Graves 2016, equations 5 to 8 and 12
    ponder cost = N + R, of which R alone has a gradient           equation 9

For each place by itself, as in Dehghani et al. 2019, "Universal Transformers", section 2.2: a place that has halted
keeps its last state, at which others go on looking. The last step allowed takes the whole rest.

Axes: B texts, T tokens, D width.
"""

import torch
from torch import Tensor, nn

CLOSE = 0.01
"""ε"""


class Pondering(nn.Module):
    """Counts what each place has spent; `step` is asked before every step, and `add` told of its outcome."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.halt = nn.Linear(dim, 1)
        nn.init.zeros_(self.halt.weight)
        nn.init.constant_(self.halt.bias, -1.0)

    def begin(self, x: Tensor) -> "Spent":
        """For (B, T, D) states, nothing spent."""
        nothing = x.new_zeros(x.shape[:-1])
        return Spent(nothing, torch.zeros_like(x), nothing, nothing)

    def step(self, x: Tensor, new: Tensor, spent: "Spent", *, last: bool) -> tuple[Tensor, "Spent"]:
        """The states after a step from x to new, (B, T, D) each: where a place has halted before, x as it was."""
        p = self.halt(x).squeeze(-1).sigmoid()
        runs = spent.chance < 1 - CLOSE
        ends = runs & ((spent.chance + p >= 1 - CLOSE) | last)
        weight = torch.where(ends, 1 - spent.chance, torch.where(runs, p, torch.zeros_like(p)))
        rest = torch.where(ends, weight, spent.rest)
        total = spent.total + weight.unsqueeze(-1) * new
        after = Spent(torch.where(ends, torch.ones_like(p), spent.chance + weight), total, spent.steps + runs, rest)
        return torch.where(runs.unsqueeze(-1), new, x), after


class Spent:
    """What places have spent so far: (B, T) chance of having halted, steps and rest R; (B, T, D) weighted states."""

    def __init__(self, chance: Tensor, total: Tensor, steps: Tensor, rest: Tensor) -> None:
        self.chance, self.total, self.steps, self.rest = chance, total, steps, rest

    @property
    def halted(self) -> bool:
        """Has every place?"""
        return bool((self.chance >= 1 - CLOSE).all())

    @property
    def cost(self) -> Tensor:
        """(B, T) N + R."""
        return self.steps + self.rest
