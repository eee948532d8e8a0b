"""A budget of seconds as a number of steps.

At its start a run measures its step; the number of steps goes into the run folder, so that the schedule has a length
and a resumed run is the same run.
"""

from collections.abc import Callable, Sequence

import msgspec

from headwork.measure.crowding import Stopwatch

SAMPLE_BATCHES = 6
SAMPLE_SECONDS = 3.0
RESERVE = 0.12
"""share of a budget kept for looking at dev and for a machine that slows down"""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """plan.json of a run."""

    steps: int
    """that will be taken at most"""
    steps_of_all_epochs: int
    """that the recipe's epochs would take"""
    seconds_per_token: float
    """measured; 0 without a budget"""
    threads: int

    @property
    def limited(self) -> bool:
        """does the budget end before the epochs do"""
        return self.steps < self.steps_of_all_epochs


def plan_steps(
    batch_tokens: Sequence[int],
    *,
    epochs_steps: int,
    budget_seconds: float | None,
    threads: int,
    step: Callable[[int], None],
) -> Plan:
    """Turn the budget into steps.

    batch_tokens: tokens of each batch of the first epoch; `step(i)` trains on its batch i (the caller undoes it).
    """
    if budget_seconds is None:
        return Plan(steps=epochs_steps, steps_of_all_epochs=epochs_steps, seconds_per_token=0.0, threads=threads)
    sample = range(0, len(batch_tokens), max(1, len(batch_tokens) // SAMPLE_BATCHES))
    step(sample[0])  # the first step pays for memory and start-up
    watch, tokens = Stopwatch(), 0
    for index in sample:
        step(index)
        tokens += max(1, batch_tokens[index])
        if watch.seconds > SAMPLE_SECONDS:
            break
    seconds_per_token = watch.seconds / tokens
    per_step = seconds_per_token * sum(batch_tokens) / len(batch_tokens)
    affordable = max(1, int(budget_seconds * (1 - RESERVE) / max(per_step, 1e-9)))
    return Plan(
        steps=min(epochs_steps, affordable),
        steps_of_all_epochs=epochs_steps,
        seconds_per_token=seconds_per_token,
        threads=threads,
    )
