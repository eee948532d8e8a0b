"""The part of an axis that is worth showing: one hopeless model must not squeeze the others into a corner."""

import math
from collections.abc import Iterable

import msgspec
from matplotlib.ticker import Locator, LogLocator, MaxNLocator, MultipleLocator

MOST_TIMES = 5
ROUND_TIMES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
"""seconds that people count in"""


class Scale(msgspec.Struct, frozen=True):
    """Ends of an axis; values beyond them are drawn at its edge with their number."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def scale_of(values: list[float], *, lows: list[float], highs: list[float]) -> Scale:
    """The range of all intervals, without the lowest values where they are farther off than the others are apart."""
    order = sorted(range(len(values)), key=lambda place: values[place])
    while len(order) > 3:
        lowest, following, *_, highest = (values[place] for place in order)
        if following - lowest <= highest - following:
            break
        order.pop(0)
    low, high = min(lows[place] for place in order), max(highs[place] for place in order)
    margin = 0.06 * (high - low) or 0.01
    return Scale(low - margin, high + margin)


def scale_of_losses(values: list[float], *, lows: list[float], highs: list[float]) -> Scale:
    """The same where less is better: the highest values are left out."""
    turned = scale_of([-value for value in values], lows=[-high for high in highs], highs=[-low for low in lows])
    return Scale(-turned.high, -turned.low)


def scale_of_all(values: Iterable[float], *, least: float, most: float = math.inf) -> Scale:
    """All values with a margin, within what such values can be."""
    values = list(values)
    low, high = min(values), max(values)
    margin = 0.05 * (high - low) or 0.01
    return Scale(max(least, low - margin), min(most, high + margin))


def logarithmic_ticks(low: float, high: float) -> Locator:
    """Powers of ten; where an axis from `low` to `high` holds less than two of them, round numbers."""
    powers = math.floor(math.log10(high)) - math.ceil(math.log10(low)) + 1
    return LogLocator(numticks=6) if powers > 1 else MaxNLocator(5, steps=[1, 2, 5, 10])


def ticks_of_time(longest: float) -> Locator:
    """Round times up to `longest` seconds, at most `MOST_TIMES` of them: 2 min, 4 min; not 1 min 40 s."""
    step = next((each for each in ROUND_TIMES if each * MOST_TIMES >= longest), None)
    return MultipleLocator(step or 3600 * math.ceil(longest / 3600 / MOST_TIMES))
