"""The exponent of a cost that grows with a power of the length.

    log cost = log c + p log length,   p by least squares over the longer half of the lengths

Short lengths are left out: there what a call costs whatever the length hides how it grows.
"""

from collections.abc import Sequence

import numpy as np


def slope(lengths: Sequence[float], costs: Sequence[float]) -> float:
    """p; nan where fewer than two lengths have a cost above 0."""
    pairs = sorted((length, cost) for length, cost in zip(lengths, costs, strict=True) if cost > 0)
    longer = pairs[min(len(pairs) // 2, max(len(pairs) - 2, 0)) :]
    if len(longer) < 2:
        return float("nan")
    x, y = np.log(np.array(longer)).T
    return float(np.polyfit(x, y, 1)[0])
