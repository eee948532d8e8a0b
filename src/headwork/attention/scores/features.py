"""Scores of feature maps, positive, so that normalising them by their sum is linear attention.

    s = phi(q) · phi(k)
    elu        phi(x) = elu(x) + 1                                    Katharopoulos et al. 2020, equation 7
    positive   phi(x) = exp(w x - |x|^2 / 2) / sqrt(m)                Choromanski et al. 2021 (FAVOR+), lemma 1
    random     phi(x) = exp(|x|^2 / 2) [sin(w x), cos(w x)] / sqrt(m)   Peng et al. 2021 (RFA), section 3.1

The last two are unbiased for exp(q · k): q and k are first divided by d^(1/4), so that it is exp(q · k / sqrt(d)).

Axes: B texts, H heads, Q queries, K keys, d width of a head, m random directions.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.attention.scores.base import ProductScore


class Features(ProductScore, nn.Module):
    """`directions` (m, d) are drawn once and kept as a buffer; elu has none."""

    def __init__(
        self, kind: Literal["elu", "positive", "random"] = "elu", *, dim: int = 0, directions: int = 0, seed: int = 0
    ) -> None:
        super().__init__()
        self.kind = kind
        drawn = orthogonal(directions, dim, seed) if kind != "elu" else torch.zeros(0, 0)
        self.register_buffer("directions", drawn)

    def product(self, query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
        return self.features(query), self.features(key)

    def features(self, x: Tensor) -> Tensor:
        """(…, d) to (…, m), or (…, 2m) of random sines and cosines."""
        if self.kind == "elu":
            return F.elu(x) + 1
        x = x * x.shape[-1] ** -0.25
        directions = self.get_buffer("directions").to(x.dtype)
        turned, half_square = x @ directions.T, x.square().sum(-1, keepdim=True) / 2
        if self.kind == "positive":
            return (turned - half_square).exp() * len(directions) ** -0.5
        return half_square.exp() * torch.cat([turned.sin(), turned.cos()], dim=-1) * len(directions) ** -0.5


def orthogonal(rows: int, dim: int, seed: int) -> Tensor:
    """(rows, dim) normal directions, each block of `dim` at right angles (Choromanski et al. 2021, section 3)."""
    generator = torch.Generator().manual_seed(seed)
    blocks = []
    for _ in range(-(-rows // dim)):
        turned, upper = torch.linalg.qr(torch.randn(dim, dim, generator=generator, dtype=torch.float64))
        turned = turned * upper.diagonal().sign()  # whose signs the algorithm chose; now no direction is preferred
        lengths = torch.randn(dim, dim, generator=generator, dtype=torch.float64).norm(dim=1, keepdim=True)
        blocks.append(turned.T * lengths)
    return torch.cat(blocks)[:rows].float()
