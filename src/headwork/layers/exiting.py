"""Early exit: a place stops at the first layer that is sure enough, and its state is what upper layers see of it.

    exit at the first n with c_n >= threshold, else at the last;   h_m = h_n for m > n

    softmax      c_n = p - p' of the two likeliest tokens, as layer n predicts them    Schuster et al. 2022, "Confident
    state        c_n = cos(h_n-1, h_n)                                                 Adaptive Language Modeling"
    classifier   c_n = sigmoid(w · h_n + b)                Elbayad et al. 2020, "Depth-Adaptive Transformer"

A classifier learns from an oracle, the layer n* that makes the answer y likeliest at a price for each layer:

    n* = argmin over n of -log p_n(y) + price n
    loss = -log c_n* - sum over n < n* of log(1 - c_n),    at the last layer without c_N

and changes nothing else. The threshold is a number, not a weight: until it is chosen it is infinite, and no place stops
before the last layer.

Axes: B texts, T tokens, N layers, D width, V vocabulary.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

By = Literal["softmax", "state", "classifier"]


class Exit(nn.Module):
    threshold: Tensor

    def __init__(self, dim: int, by: By) -> None:
        super().__init__()
        self.by = by
        self.stop = nn.Linear(dim, 1) if by == "classifier" else None
        self.register_buffer("threshold", torch.tensor(torch.inf))

    def sure(self, before: Tensor, after: Tensor, said: Tensor, logits: Callable[[Tensor], Tensor]) -> Tensor:
        """(B, T) c_n of a layer from its (B, T, D) states before and after, and as they are read."""
        if self.stop is not None:
            return self.stop(said).squeeze(-1).sigmoid()
        if self.by == "state":
            return F.cosine_similarity(before, after, dim=-1)
        likeliest = logits(said).softmax(-1).topk(2).values
        return likeliest[..., 0] - likeliest[..., 1]

    def loss(self, said: Sequence[Tensor], nats: Sequence[Tensor], *, price: float) -> Tensor:
        """The mean of the classifier's loss, from what N layers read, (B, T, D) each, and their (B, T) losses."""
        assert self.stop is not None  # others have nothing to learn
        layer = torch.arange(len(said), device=said[0].device)[:, None, None]
        oracle = (torch.stack(list(nats)) + price * layer).argmin(0)
        stops = torch.stack([self.stop(states.detach()).squeeze(-1) for states in said[:-1]])
        told, asked = layer[:-1] == oracle, layer[:-1] <= oracle
        return F.binary_cross_entropy_with_logits(stops, told.to(stops.dtype), reduction="none")[asked].mean()
