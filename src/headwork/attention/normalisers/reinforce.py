"""How hard attention learns from a reward: REINFORCE with a moving baseline and an entropy bonus.

    gradient = (reward - b) d log p(place) + w d H(p)      Xu et al. 2015, "Show, Attend and Tell", section 4.1
    b <- 0.9 b + 0.1 mean(reward)                          the same; Williams 1992 for the estimator

The reward of the paper is the log-likelihood of the caption, whose own gradient is the caller's to add.

Axes: K places of a row; a reward may belong to a row or to all rows of a text.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from headwork.attention.normalisers.base import nothing_allowed


class Draw(NamedTuple):
    """What one call drew, both (…) of the rows of its scores (…, K); 0 in a row where nothing was allowed."""

    log_probability: Tensor
    entropy: Tensor


def draw_of(logits: Tensor, places: Tensor) -> Draw:
    """(…, K) logits and the (…, 1) places that were drawn from their softmax."""
    empty = nothing_allowed(logits)
    logs = logits.masked_fill(empty, 0).log_softmax(-1)
    finite = logs.masked_fill(logs == -torch.inf, 0)
    entropy = -(logs.exp() * finite).sum(-1)
    return Draw(finite.gather(-1, places)[..., 0].masked_fill(empty[..., 0], 0), entropy.masked_fill(empty[..., 0], 0))


def reinforce_loss(
    draws: Sequence[Draw], reward: Tensor, baseline: Tensor | float = 0.0, entropy_weight: float = 0.0
) -> Tensor:
    """The loss whose gradient estimates that of the mean of -reward - entropy_weight * entropy.

    reward: (B,) of each text, or of as many leading axes as it is given for; the draws are summed over their others.
    """
    advantage = (reward - baseline).detach()
    per_reward = [
        advantage * _per_reward(log_probability, reward) + entropy_weight * _per_reward(entropy, reward)
        for log_probability, entropy in draws
    ]
    return -torch.stack(per_reward).sum(0).mean() if per_reward else reward.new_zeros(())


def _per_reward(rows: Tensor, reward: Tensor) -> Tensor:
    return rows.flatten(reward.dim()).sum(-1) if rows.dim() > reward.dim() else rows


class MovingBaseline(nn.Module):
    """The running mean of rewards, which what was drawn last must beat; saved with the model."""

    value: Tensor

    def __init__(self, keep: float = 0.9):
        super().__init__()
        self.keep = keep
        self.register_buffer("value", torch.zeros(()))

    def update(self, reward: Tensor) -> None:
        """Move towards the mean of these rewards; after the loss was taken, as a baseline must not know its reward."""
        self.value.lerp_(reward.detach().mean().to(self.value), 1 - self.keep)
