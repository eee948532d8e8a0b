"""Holm's step-down correction of several p-values.

With p sorted upwards, p_(1) <= … <= p_(m):

    adjusted p_(i) = max over j <= i of min(1, (m - j + 1) p_(j))

Rejecting where the adjusted p is below a level keeps the chance of any false rejection below it, however the tests
depend on each other (Holm, 1979, "A simple sequentially rejective multiple test procedure").
"""

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values in the order given."""
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    stepped = np.minimum(1, p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(stepped)
    return adjusted.tolist()
