"""Addressing and changing a memory as a Neural Turing Machine does (Graves, Wayne and Danihelka 2014, section 3).

    content      c(i) = softmax_i(beta cos(k, M(i)))                 equations 5 and 6
    gate         g(i) = g c(i) + (1 - g) w_t-1(i)                    equation 7
    shift        s(i) = sum_j g(j) s((i - j) mod N)                  equation 8
    sharpen      w(i) = s(i)^gamma / sum_j s(j)^gamma                equation 9
    read         r = sum_i w(i) M(i)                                 equation 2
    write        M'(i) = M(i) (1 - w(i) e) + w(i) a                  equations 3 and 4

Axes: B examples, H heads, N places, W width of a place, R = 2r + 1 shifts from -r to r.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F


class Address(NamedTuple):
    """What a controller says of where to look, for each head."""

    key: Tensor
    """(B, H, W)"""
    strength: Tensor
    """(B, H, 1), beta >= 0"""
    gate: Tensor
    """(B, H, 1), g in (0, 1): 1 goes by content alone, 0 from where the head was"""
    shift: Tensor
    """(B, H, R), a distribution"""
    sharpness: Tensor
    """(B, H, 1), gamma >= 1"""


def address(memory: Tensor, before: Tensor, asked: Address) -> Tensor:
    """(B, N, W) memory and (B, H, N) weights of the step before to the weights of this one."""
    content = (asked.strength * similarity(memory, asked.key)).softmax(-1)
    return sharpen(rotate(torch.lerp(before, content, asked.gate), asked.shift), asked.sharpness)


def similarity(memory: Tensor, key: Tensor) -> Tensor:
    """(B, H, N) cosines, as `attention.scores.Cosine` gives them; the memory, which changes, is not copied for it."""
    lengths = torch.linalg.vector_norm(memory, dim=-1).unsqueeze(1)
    return F.normalize(key, dim=-1) @ memory.transpose(1, 2) / lengths.clamp_min(1e-12)


def rotate(weights: Tensor, shift: Tensor) -> Tensor:
    """(B, H, N) weights, moved round the memory by each shift as often as (B, H, R) says."""
    reach = shift.shape[-1] // 2
    # Place i takes from i - r … i + r, which the shifts r … -r bring to it.
    around = torch.cat([weights[..., -reach:], weights, weights[..., :reach]], -1).unfold(-1, shift.shape[-1], 1)
    return (around @ shift.flip(-1).unsqueeze(-1)).squeeze(-1)


def sharpen(weights: Tensor, sharpness: Tensor) -> Tensor:
    """The power in logarithms: its gradient at a weight of 0 is finite."""
    return (sharpness * weights.clamp_min(1e-12).log()).softmax(-1)


def read(memory: Tensor, weights: Tensor) -> Tensor:
    """(B, N, W) and (B, H, N) to (B, H, W)."""
    return weights @ memory


def write(memory: Tensor, weights: Tensor, erase: Tensor, add: Tensor) -> Tensor:
    """(B, N, W), (B, H, N), and (B, H, W) twice: all heads erase, then all add."""
    for place, gone in zip(weights.unbind(1), erase.unbind(1), strict=True):
        memory = memory - memory * (place.unsqueeze(2) * gone.unsqueeze(1))
    return torch.baddbmm(memory, weights.transpose(1, 2), add)
