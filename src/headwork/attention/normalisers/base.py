"""What every normaliser promises.

It takes scores (…, K), finite where a pair is allowed and -inf where it is not, and gives weights of the same shape and
dtype. A place at -inf has weight 0 and gradient 0; a row without any other place, or with K = 0, is all zeros, in the
gradient too. Whatever is summed over a row is summed in single precision at least.
"""

from typing import ClassVar, Protocol

import torch
from torch import Tensor


class Normaliser(Protocol):
    """Without parameters it is a frozen dataclass, equal and hashed by value; with parameters, a Module."""

    learned: ClassVar[bool]
    """it has parameters"""
    shift_invariant: ClassVar[bool]
    """adding one number to all scores of a row changes nothing"""
    rowwise: ClassVar[bool]
    """the weights of a row follow from the scores of that row alone"""

    def __call__(self, scores: Tensor) -> Tensor: ...


def at_least_single(scores: Tensor) -> Tensor:
    """The scores themselves, or in single precision where they have less."""
    return scores.to(torch.promote_types(scores.dtype, torch.float32))


def nothing_allowed(scores: Tensor) -> Tensor:
    """(…, K) scores, K > 0, to (…, 1): which rows hold -inf alone."""
    return scores.detach().amax(-1, keepdim=True) == -torch.inf
