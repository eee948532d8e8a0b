"""Hard attention: all of the weight on one place, with a choice of how to learn where.

    straight-through    the greatest score; its gradient is that of softmax(s / T)
                        (Bengio, Léonard and Courville 2013, "Estimating or Propagating Gradients Through Stochastic
                        Neurons for Conditional Computation")
    gumbel              the greatest of s + g, g = -log(-log(uniform)); its gradient is that of softmax((s + g) / T)
                        (Jang, Gu and Poole 2017, "Categorical Reparameterization with Gumbel-Softmax", section 2.2)
    reinforce           a place drawn from softmax(s / T); no gradient of its own: `drawing` collects what
                        `reinforce_loss` needs (Xu et al. 2015, "Show, Attend and Tell", section 4.1)

Axes: K places of a row.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor

from headwork.attention.normalisers.base import at_least_single, nothing_allowed
from headwork.attention.normalisers.reinforce import Draw, draw_of
from headwork.attention.normalisers.softmax import Softmax
from headwork.base.errors import HeadworkError

Estimator = Literal["straight-through", "gumbel", "reinforce"]

_open: ContextVar[tuple[tuple["Hard", list[Draw]], ...]] = ContextVar("open", default=())
"""the lists that are being filled, the innermost last"""


@dataclass(frozen=True)
class Hard:
    estimator: Estimator = "straight-through"
    temperature: float = 1.0
    """T"""
    sample: bool = False
    """draw without gradients too, where otherwise the greatest score is taken"""

    learned: ClassVar[bool] = False
    shift_invariant: ClassVar[bool] = True
    rowwise: ClassVar[bool] = True

    def __post_init__(self):
        if self.estimator not in get_args(Estimator):
            raise HeadworkError(f"hard attention by {self.estimator!r}: known are {', '.join(get_args(Estimator))}")
        if not self.temperature > 0:
            raise HeadworkError(f"hard attention at temperature {self.temperature:g}: it must be greater than 0")

    def __call__(self, scores: Tensor) -> Tensor:
        """(…, K) scores to (…, K): 1 at one place of each row; none where nothing is allowed."""
        if not scores.numel():
            return scores.clone()
        single = at_least_single(scores)
        cooled = single / self.temperature
        noisy = cooled
        if self.sample or (torch.is_grad_enabled() and self.estimator != "straight-through"):
            noise = _gumbel_noise(single)
            noisy = cooled + (noise / self.temperature if self.estimator == "gumbel" else noise)
        places = noisy.detach().argmax(-1, keepdim=True)
        hard = torch.zeros_like(single).scatter_(-1, places, 1).masked_fill_(nothing_allowed(single), 0)
        if self.estimator == "reinforce":
            self._collect(cooled, places)
            return hard.to(scores.dtype)
        soft = Softmax()(noisy if self.estimator == "gumbel" else cooled)
        return (hard + (soft - soft.detach())).to(scores.dtype)  # in this order nothing is rounded

    @contextmanager
    def drawing(self) -> Iterator[list[Draw]]:
        """The draws of this very object until the block ends, one for each call; a block within takes its own."""
        if self.estimator != "reinforce":
            raise HeadworkError(f"draws of hard attention by {self.estimator!r}: only 'reinforce' has any")
        draws: list[Draw] = []
        token = _open.set((*_open.get(), (self, draws)))
        try:
            yield draws
        finally:
            _open.reset(token)

    def _collect(self, logits: Tensor, places: Tensor) -> None:
        for normaliser, draws in reversed(_open.get()):
            if normaliser is self:
                draws.append(draw_of(logits, places))
                return


def _gumbel_noise(like: Tensor) -> Tensor:
    # an exponential number is -log(uniform); a zero among them would outweigh even -inf
    return -torch.empty_like(like, requires_grad=False).exponential_().clamp_min_(torch.finfo(like.dtype).tiny).log_()
