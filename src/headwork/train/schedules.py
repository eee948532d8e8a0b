"""Learning-rate schedules: the factor on the largest rate, a pure function of (step, steps).

Steps count from 0; `warmup` is the share of steps in which the rate rises.
"""

import math

RATIO = 32
"""of a slanted schedule, the published one"""


def one_cycle(step: int, steps: int, warmup: float) -> float:
    """Up from 1/25 and down to nearly nothing, both along a cosine (Smith and Topin 2017, super-convergence)."""
    rising = max(1.0, warmup * steps)
    if step < rising:
        return _cosine(0.04, 1.0, step / rising)
    return _cosine(1.0, 1e-4, (step - rising) / max(1.0, steps - rising))


def warmup_linear(step: int, steps: int, warmup: float) -> float:
    """Linearly up, linearly down to zero (Devlin et al. 2019, appendix A.2)."""
    rising = max(1.0, warmup * steps)
    if step < rising:
        return (step + 1) / (rising + 1)
    return max(0.0, (steps - step) / max(1.0, steps - rising))


def noam(step: int, steps: int, warmup: float) -> float:
    """Linearly up to step w, then down with the root of the step (Vaswani et al. 2017, equation 3).

    min(s^-1/2, s w^-3/2) of step s, counted from 1, over its largest value w^-1/2.
    """
    rising = max(1.0, warmup * steps)
    return min(math.sqrt(rising / (step + 1)), (step + 1) / rising)


def slanted(step: int, steps: int, warmup: float) -> float:
    """Linearly up for a short time, linearly down for a long one (Howard and Ruder 2018, equation 3).

    cut = warmup * T,  p = t / cut while t < cut, else 1 - (t - cut) / (cut (1 / warmup - 1)),
    factor = (1 + p (ratio - 1)) / ratio       with ratio 32: how much the lowest rate is below the largest
    """
    cut = math.floor(steps * warmup)
    if step < cut:
        share = step / cut
    else:
        share = 1 - (step - cut) / (cut * (1 / warmup - 1)) if cut else 1 - step / steps
    return (1 + max(0.0, share) * (RATIO - 1)) / RATIO


def constant(step: int, steps: int, warmup: float) -> float:
    """Linearly up, then level."""
    return min(1.0, (step + 1) / max(1.0, warmup * steps))


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


SCHEDULES = {
    "one-cycle": one_cycle,
    "warmup-linear": warmup_linear,
    "noam": noam,
    "constant": constant,
    "slanted": slanted,
}
