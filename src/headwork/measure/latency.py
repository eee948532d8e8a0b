"""How long one text takes, and how many go through in a second.

One text at a time is what a service feels: p50 and p95 over single calls. Many at once is what a batch job feels:
texts per second over calls with all texts together. The first calls are left out: they fill caches and start threads.
"""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from headwork.base.results import Latency

Item = TypeVar("Item")

WARM_UP = 3
"""calls that are not counted"""
SINGLES, BATCHES = 200, 5
"""calls at most, with one text and with many"""


def measure_latency(
    predict: Callable[[Sequence[Item]], object],
    texts: Sequence[Item],
    *,
    seconds: float = 1.5,
    clock: Callable[[], float] = time.perf_counter,
) -> Latency:
    """Time `predict` on lists of texts, or of pairs of them: half of `seconds` for single texts, half for many.

    Each half ends with the call during which its time is up. Many texts go in one call, but no more than fit the time
    when sent singly.
    """

    def timed(batch: Sequence[Item]) -> float:
        start = clock()
        predict(batch)
        return clock() - start

    for place in range(WARM_UP):
        predict([texts[place % len(texts)]])
    single = _repeat(lambda call: timed([texts[call % len(texts)]]), seconds=seconds / 2, calls=SINGLES)
    p50, p95 = np.quantile(single, [0.5, 0.95])
    many = texts[: max(1, int(seconds / 2 / max(np.mean(single), 1e-9)))]
    batches = _repeat(lambda _: timed(many), seconds=seconds / 2, calls=BATCHES)
    rate = len(many) / max(float(np.median(batches)), 1e-9)
    return Latency(p50_ms=1000 * float(p50), p95_ms=1000 * float(p95), texts_per_second=rate)


def _repeat(timed_call: Callable[[int], float], *, seconds: float, calls: int) -> list[float]:
    """Times of calls 0, 1, … until their sum reaches `seconds`; one at least, `calls` at most."""
    taken: list[float] = []
    while not taken or (len(taken) < calls and sum(taken) < seconds):
        taken.append(timed_call(len(taken)))
    return taken
