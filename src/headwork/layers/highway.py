"""A layer that learns how much of its input to leave as it is.

    g = sigmoid(W_g x + b_g)
    y = g * relu(W x + b) + (1 - g) * x

Srivastava, Greff and Schmidhuber 2015, "Highway networks".

Axes: D width.
"""

import torch
from torch import Tensor, nn


class Highway(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.gate = nn.Linear(width, width)
        self.transform = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(…, D) to (…, D)."""
        return torch.lerp(x, self.transform(x).relu(), self.gate(x).sigmoid())
