"""The contrastive loss of a batch of pairs: each thing shall know its partner among all partners.

    loss = (CE(s A B^T) + CE(s B A^T)) / 2        the right answer of row i is i

van den Oord, Li and Vinyals 2018, "Representation learning with contrastive predictive coding" (InfoNCE); in both
directions Radford et al. 2021, figure 3. Pairs that are all alike cost log B, the answer of who does not know. A
partner of another that is right too is left out of the sums: it must not be pushed away.

Axes: B pairs, D width.
"""

import torch
from torch import Tensor
from torch.nn import functional as F


def contrastive_loss(one: Tensor, other: Tensor, scale: Tensor | float, *, right: Tensor | None = None) -> Tensor:
    """The mean over (B, D) unit vectors of both kinds; `scale` is one over the temperature.

    `right` is (B, B), true where the column's thing is right for the row's as well as its own.
    """
    logits = scale * one @ other.T
    if right is not None:
        own = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
        logits = logits.masked_fill(right & ~own, -torch.inf)
    partners = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, partners) + F.cross_entropy(logits.T, partners)) / 2
