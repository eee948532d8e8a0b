"""Learned span: how far back each head looks is learned.

    weights of softmax(s) times m(i - j), normalised again, are those of softmax(s + log m)
    m(x) = min(max((R + z - x) / R, 0), 1)      Sukhbaatar et al. 2019, equations 4 and 5

Axes: B texts, H heads, Q queries, K keys.
"""

import torch
from torch import Tensor, nn

from headwork.attention.parts import Part
from headwork.attention.where import Where


class LearnedSpan(Part, nn.Module):
    """z of each head, (H, 1, 1), between 0 and `longest`; `ramp` is R. Distances are counted both ways."""

    learned = True

    def __init__(self, heads: int, *, longest: int, ramp: int = 32, start: float = 0.0) -> None:
        super().__init__()
        self.longest, self.ramp = longest, ramp
        self.share = nn.Parameter(torch.full((heads, 1, 1), start))

    @property
    def spans(self) -> Tensor:
        """(H, 1, 1) places."""
        # The gradient passes where the share is clamped too, so that a span that left its range can come back.
        return (self.share - self.share.detach() + self.share.detach().clamp(0, 1)) * self.longest

    def _mask(self, where: Where) -> Tensor:
        return (self.ramp + self.spans - where.distance.abs()) / self.ramp

    def allowed(self, where: Where) -> Tensor:
        return self._mask(where).detach() > 0

    def bias(self, where: Where) -> Tensor:
        return self._mask(where).clamp(torch.finfo(self.share.dtype).tiny, 1).log()

    def band(self) -> tuple[int, int]:
        """What the longest head sees now."""
        reach = int(self.spans.detach().max()) + self.ramp
        return reach, reach

    def penalty(self) -> Tensor:
        """The mean span as a share of the longest, for the loss (section 2.3)."""
        return self.share.clamp(min=0).mean()
