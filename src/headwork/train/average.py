"""The mean of the weights at the last looks at dev (Vaswani et al. 2017, section 6.1: the last 5 checkpoints)."""

import torch
from torch import nn

from headwork.train.checkpoint import Weights, copied, free_tensors


def remember(kept: list[Weights], network: nn.Module, count: int) -> None:
    """Put a copy of the free weights behind those kept, of which the last `count` stay."""
    if count:
        kept.append(copied(free_tensors(network)))
        del kept[:-count]


def mean_of(kept: list[Weights]) -> Weights:
    """The mean of each weight; whole numbers (counts in buffers) are those of the last."""
    return {
        name: torch.stack([weights[name] for weights in kept]).mean(0) if last.is_floating_point() else last
        for name, last in kept[-1].items()
    }
