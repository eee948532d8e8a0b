"""Settings whose risk is certified: Learn then Test with a fixed sequence (Angelopoulos et al. 2021).

    p(R) = min( exp(-n h(R, δ)),  e P(Bin(n, δ) <= ceil(n R)) )     for the hypothesis that the risk is above δ
    h(a, b) = a log(a / b) + (1 - a) log((1 - a) / (1 - b)),  a = min(R, δ)

the p-value of Hoeffding and Bentkus, from the mean R of n independent losses between 0 and 1 (Bates et al. 2021). The
settings are tried in an order that was fixed before, the safest first, and each needs p <= ε; after the first that
fails none is tried. So all that pass have a risk of at most δ with probability 1 - ε, however many are tried.

Axes: n losses.
"""

import math
from collections.abc import Iterable

import numpy as np


def p_of_risk(losses: np.ndarray, delta: float) -> float:
    """The p-value of "the mean of what these (n,) losses are drawn from is above `delta`"."""
    from scipy.special import bdtr, xlogy  # takes a while to load

    n, mean = len(losses), float(losses.mean())
    least = min(mean, delta)
    distance = xlogy(least, least / delta) + xlogy(1 - least, (1 - least) / (1 - delta))
    # Sums of shares come with errors of rounding, which must not lift n R above a whole number.
    bentkus = math.e * bdtr(math.ceil(n * mean - 1e-9), n, delta)
    return float(min(1.0, math.exp(-n * distance), bentkus))


def certified(losses: Iterable[np.ndarray], *, delta: float, epsilon: float) -> int:
    """How many of the settings, the first ones, have a risk of at most `delta`, surely but for `epsilon`."""
    passed = 0
    for found in losses:
        if p_of_risk(found, delta) > epsilon:
            break
        passed += 1
    return passed
