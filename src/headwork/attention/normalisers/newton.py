"""The threshold of a sparse normaliser, without sorting the row.

    find t with ||max(s - t, 0)||_p = r      p = 1, r = 1 for sparsemax; p = 2, r = 2 for 1.5-entmax
    t <- t + (N - r) / -N'(t)                N(t) = ||max(s - t, 0)||_p

N falls and is convex, so that Newton's steps from the left of the root never pass it. They start at max(s) - r, where
the greatest score alone makes N = r. For p = 2 the step is on the norm and not, as usual, on its square: it is longer,
and at its goal at once in a row of equal scores, where the usual one needs log2(K) / 2 steps.

Axes: K places of a row.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

MOST_STEPS = 64


def fixed_steps(places: int) -> int:
    """Steps after which no row of so many places moved in any trial: ties, ramps, powers, scales from 1e-3 to 1e3."""
    return 5 + math.ceil(math.log2(max(places, 1)) / 2)


def rise(scores: Tensor, steps: int | None, *, reach: float, move: Callable[[Tensor], Tensor], near: float) -> Tensor:
    """(…, K) scores to (…, K) max(s - t, 0); a row of -inf alone gives zeros.

    steps: exactly so many, for a compiler, or None: until no row moves by more than `near`.
    move: from (…, K) max(s - t, 0), which it may overwrite, to the (…, 1) step of t.
    """
    peaks = scores.amax(-1, keepdim=True).clamp_min(torch.finfo(scores.dtype).min)  # -inf minus -inf is not a number
    shifted = scores - peaks
    threshold = torch.full_like(peaks, -reach)
    above = torch.empty_like(shifted)
    for _ in range(MOST_STEPS if steps is None else steps):
        torch.sub(shifted, threshold, out=above).clamp_min_(0)
        moved = move(above)
        threshold += moved
        if steps is None and moved.max() <= near:
            break
    return torch.sub(shifted, threshold, out=above).clamp_min_(0)
