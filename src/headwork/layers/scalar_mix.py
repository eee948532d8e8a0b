"""One vector for each token from those of several layers, in shares that a task learns.

    y = gamma sum_j softmax(s)_j norm(x_j)

Peters et al. 2018, "Deep contextualized word representations", eq. 1. `norm` is nothing, a layer norm of each token
("token": Ba, Kiros and Hinton 2016), or what the authors' code does in its place ("batch"): one mean and one variance
of all values of all tokens of a layer, so that a token's vector depends on what else is in the batch.

Axes: L layers, D width.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

EPSILON = 1e-12

NORMS = {
    "none": lambda layers: layers,
    "token": lambda layers: F.layer_norm(layers, layers.shape[-1:], eps=EPSILON),
    "batch": lambda layers: F.layer_norm(layers, layers.shape[1:], eps=EPSILON),
}


class ScalarMix(nn.Module):
    """Starts from equal shares and gamma = 1."""

    def __init__(self, layers: int, *, norm: Literal["none", "token", "batch"] = "none"):
        super().__init__()
        self.norm = norm
        self.scores = nn.Parameter(torch.zeros(layers))
        """s"""
        self.gamma = nn.Parameter(torch.ones(()))

    def shares(self) -> Tensor:
        """(L,) how much of the mix each layer is; they sum to one."""
        return self.scores.softmax(0)

    def forward(self, layers: Tensor) -> Tensor:
        """(L, …, D) to (…, D)."""
        return self.gamma * torch.tensordot(self.shares(), NORMS[self.norm](layers), dims=1)
