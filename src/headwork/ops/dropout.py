"""Dropout whose mask costs a quarter of the random numbers.

    y = m x / (1 - p),   m = 0 with probability p      Srivastava et al. 2014, section 4

On a CPU, drawing is most of the work of dropout: one number a place, one thread. Here one number of 64 bits decides
four places; p is rounded to 1/65536 of one.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

BITS = 16


def drop(x: Tensor, rate: float, training: bool = True) -> Tensor:
    """x of any shape, each place 0 with probability `rate`, the others divided by 1 - rate; x itself in evaluation."""
    if not training or not rate or not x.numel():
        return x
    if x.device.type != "cpu":
        return F.dropout(x, rate)
    drawn = torch.empty(-(-x.numel() * BITS // 64), dtype=torch.int64).random_(-(2**63), None)
    places = drawn.view(torch.int16)[: x.numel()].view(x.shape)
    below = round(rate * 2**BITS)
    kept = 1 - below / 2**BITS
    return x.masked_fill(places < below - 2 ** (BITS - 1), 0) * (1 / kept if kept else 0.0)


def drop_locked(x: Tensor, rate: float, training: bool = True) -> Tensor:
    """(B, T, …) as `drop` does it, but with one mask for all T places of a text (Gal and Ghahramani 2016)."""
    return x * drop(torch.ones_like(x[:, :1]), rate) if training and rate else x
