"""Many batches at once, a thread each, instead of all threads on one batch after the other.

The products of a small model are too small to share well: at the end of each, threads wait for the slowest. Batches do
not wait for each other.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")


def each_in_a_thread(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """`function` of each item, in order and without gradients, on as many threads as torch may use.

    Where there are fewer items than threads, all threads work on one item after the other.
    """

    def predict(item: Item) -> Result:
        with torch.inference_mode():  # holds for one thread only, so each enters it
            return function(item)

    items, threads = list(items), torch.get_num_threads()
    if len(items) < threads or threads == 1:
        return [predict(item) for item in items]
    torch.set_num_threads(1)  # what the threads of the pool start with
    try:
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(predict, items))
    finally:
        torch.set_num_threads(threads)
