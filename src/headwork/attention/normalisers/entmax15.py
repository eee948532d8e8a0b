"""1.5-entmax: between softmax and sparsemax, with exact zeros and a smooth approach to them.

    p_i = max(s_i / 2 - t, 0)^2               Peters, Niculae and Martins 2019, "Sparse Sequence-to-Sequence Models",
                                              section 3, for alpha = 1.5
    dp/ds = diag(r) - r r^T / sum(r)          r_i = sqrt(p_i), their Jacobian

Axes: K places of a row.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from headwork.attention.normalisers.newton import rise
from headwork.attention.normalisers.sparse import Sparse, sparse


def _weights(scores: Tensor, steps: int | None) -> Tensor:
    # Not halving the scores saves a pass: the squares then sum to 4. What a step leaves is as the square of the step.
    above = rise(scores, steps, reach=2.0, move=_move, near=torch.finfo(scores.dtype).eps ** (2 / 3))
    return above.square_().mul_(0.25)


def _move(above: Tensor) -> Tensor:
    norm = torch.linalg.vector_norm(above, dim=-1, keepdim=True)
    return (norm - 2) * norm / above.sum(-1, keepdim=True).clamp_min(0.5)  # 2 at least, but in a row of -inf alone


def _gradient(arriving: Tensor, weights: Tensor, steps: int | None) -> Tensor:
    roots = weights.sqrt()
    gradient = arriving * roots
    mean = gradient.sum(-1, keepdim=True) / roots.sum(-1, keepdim=True).clamp_min(0.5)
    return gradient.addcmul_(roots, mean, value=-1)


@dataclass(frozen=True)
class Entmax15(Sparse):
    function = sparse(_weights, _gradient)
