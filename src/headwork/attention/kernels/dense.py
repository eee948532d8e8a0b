"""The definition as a kernel: scores and weights are held.

Axes: B texts, H heads, Q queries, K keys, e width of a value's head.
"""

from torch import Tensor

from headwork.attention.kernels.base import Kernel, Request, no_obstacle
from headwork.attention.mechanism import Mechanism, dense
from headwork.attention.where import Where


def run(mechanism: Mechanism, value: Tensor, where: Where, present: Tensor | None = None) -> Tensor:
    return dense(mechanism, value, where, present).output


def extra_bytes(mechanism: Mechanism, request: Request) -> int:
    """Scores, weights and the mask of dropout; in training the weights and one gradient are held too."""
    kept = 2 + bool(mechanism.dropout) + request.trains
    return kept * request.pair_bytes


KERNEL = Kernel(
    name="dense",
    does="scores and weights written out",
    obstacle=no_obstacle,
    worth=lambda mechanism, request: True,
    extra_bytes=extra_bytes,
)
