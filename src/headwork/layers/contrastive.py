"""The contrastive loss of a batch of pairs: each thing shall know its partner among all partners.

    loss = (CE(s A B^T) + CE(s B A^T)) / 2        the right answer of row i is i

van den Oord, Li and Vinyals 2018, "Representation learning with contrastive predictive coding" (InfoNCE); in both
directions Radford et al. 2021, figure 3. Pairs that are all alike cost log B, the answer of who does not know.

Axes: B pairs, D width.
"""

import torch
from torch import Tensor
from torch.nn import functional as F


def contrastive_loss(one: Tensor, other: Tensor, scale: Tensor | float) -> Tensor:
    """The mean over (B, D) unit vectors of both kinds; `scale` is one over the temperature."""
    logits = scale * one @ other.T
    partners = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, partners) + F.cross_entropy(logits.T, partners)) / 2
