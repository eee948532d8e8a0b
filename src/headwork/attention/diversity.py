"""How sparse the heads of a layer are, and how much they, or the hops of one map, differ.

    JS = H(1/n sum_h p_h) - 1/n sum_h H(p_h)      the generalised Jensen-Shannon divergence of n heads: 0 where all are
                                                  alike, log n where no two share a place; Correia, Niculae and Martins
                                                  2019, "Adaptively Sparse Transformers", section 5

    P = |A A^T - I|_F^2                           the overlap of hops: 0 where each looks at one place of its own; Lin
                                                  et al. 2017, "A Structured Self-attentive Sentence Embedding",
                                                  equation 8

H is the entropy in nats. A row in which some head has no weight at all, as a padded query has, is left out.

Axes: B texts, H heads, Q queries, K keys, R hops.
"""

import math

import torch
from torch import Tensor

from headwork.attention.normalisers.base import at_least_single


def divergence(maps: Tensor) -> Tensor:
    """(B, H, Q, K) maps of a layer to one number in [0, log H], the mean over rows; 0 where there is no row."""
    p = at_least_single(maps)
    apart = _entropy(p.mean(1)) - _entropy(p).mean(1)
    return _mean(apart, (p.sum(-1) > 0).all(1), (0, 1)).clamp(0, math.log(maps.shape[1]))


def entropy(maps: Tensor) -> Tensor:
    """(B, H, Q, K) maps to the (H,) mean entropy of each head's rows, in nats."""
    p = at_least_single(maps)
    return _mean(_entropy(p), p.sum(-1) > 0, (0, 2))


def density(maps: Tensor, allowed: Tensor | None = None) -> Tensor:
    """(B, H, Q, K) maps to the (H,) share of weights that are not zero.

    allowed: which pairs were allowed, of a shape that broadcasts to the maps; otherwise all pairs of a row with weight.
    """
    counted = (maps.sum(-1, keepdim=True) > 0) if allowed is None else allowed
    return _mean((maps != 0).to(at_least_single(maps).dtype), counted.expand(maps.shape), (0, 2, 3))


def hop_overlap(weights: Tensor) -> Tensor:
    """(…, R, K) weights of R hops to (…): |A A^T - I|_F^2, differentiable, a penalty for the loss."""
    return from_identity(weights @ weights.transpose(-1, -2))


def from_identity(products: Tensor) -> Tensor:
    """(…, R, R) products A A^T to (…): the squared Frobenius distance from I."""
    identity = torch.eye(products.shape[-1], dtype=products.dtype, device=products.device)
    return (products - identity).square().sum((-2, -1))


def _entropy(p: Tensor) -> Tensor:
    return torch.special.entr(p).sum(-1)


def _mean(values: Tensor, counted: Tensor, over: tuple[int, ...]) -> Tensor:
    return (values * counted).sum(over) / counted.sum(over).clamp_min(1)
