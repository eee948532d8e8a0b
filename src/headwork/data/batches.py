"""Batches cut by a budget of padded tokens, so that short texts come in large batches and long ones in small.

Lengths are in tokens; a batch is a list of indices into them. With the longest of n texts having t tokens, a batch is
n x t tokens to a model that pads. A text longer than the budget is a batch of its own.
"""

import random
from collections.abc import Iterable, Sequence

GPU_TIMES = 16
"""how many times as many tokens a GPU reads at once (`python -m bench gpu`)"""


def epoch_batches(
    lengths: Sequence[int], *, seed: int, epoch: int, budget_tokens: int, window: int = 50
) -> list[list[int]]:
    """Every index once, in an order that is a pure function of the arguments: a resumed run finds its place again.

    Indices are shuffled, sorted by length inside windows of `window` average batches so that batches hold texts of
    about one length, cut, and the batches shuffled.
    """
    chance = random.Random(f"{seed} {epoch}")
    order = list(range(len(lengths)))
    chance.shuffle(order)
    average = max(1, sum(lengths) // max(1, len(lengths)))
    size = window * max(1, budget_tokens // average)
    batches = []
    for start in range(0, len(order), size):
        batches += _cut(sorted(order[start : start + size], key=lambda index: lengths[index]), lengths, budget_tokens)
    chance.shuffle(batches)
    return batches


def ordered_batches(lengths: Sequence[int], budget_tokens: int, device: str = "cpu") -> list[list[int]]:
    """Every index once, from the shortest to the longest: the least padding, where order does not matter.

    `budget_tokens` is what serves a core; a GPU works on all of a batch at once and waits between two, so that it gets
    larger ones.
    """
    budget = budget_tokens if device == "cpu" else budget_tokens * GPU_TIMES
    return _cut(sorted(range(len(lengths)), key=lambda index: lengths[index]), lengths, budget)


def _cut(ascending: Iterable[int], lengths: Sequence[int], budget_tokens: int) -> list[list[int]]:
    batches: list[list[int]] = []
    for index in ascending:
        if batches and max(1, lengths[index]) * (len(batches[-1]) + 1) <= budget_tokens:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches
