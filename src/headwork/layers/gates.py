"""A gate in place of a residual: how much of what a sublayer found is let into what was there.

    r = sigmoid(W_r y + U_r x);   z = sigmoid(W_z y + U_z x - b);   h = tanh(W_h y + U_h (r * x))
    g(x, y) = (1 - z) * x + z * h

Parisotto et al. 2020, "Stabilizing Transformers for reinforcement learning", the gate of GRU type. A large b closes it:
the block then begins as the identity, and what went in reaches the end of a deep stack as it was.

Axes: D width.
"""

import torch
from torch import Tensor, nn


class GruGate(nn.Module):
    def __init__(self, dim: int, *, bias: float):
        super().__init__()
        self.found = nn.Linear(dim, 3 * dim, bias=False)
        """W_r, W_z, W_h"""
        self.gates = nn.Linear(dim, 2 * dim, bias=False)
        """U_r, U_z"""
        self.state = nn.Linear(dim, dim, bias=False)
        """U_h"""
        self.bias = nn.Parameter(torch.full((dim,), bias))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """(…, D) that went in and (…, D) found."""
        found_r, found_z, found_h = self.found(y).chunk(3, -1)
        state_r, state_z = self.gates(x).chunk(2, -1)
        reset, update = (found_r + state_r).sigmoid(), (found_z + state_z - self.bias).sigmoid()
        return torch.lerp(x, (found_h + self.state(reset * x)).tanh(), update)
