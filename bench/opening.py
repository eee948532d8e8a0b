"""Opening attention after the fact, and memories of many slots: `python -m bench.opening` is the part on its own."""

import json
import math
import time

import torch
from torch import nn

from bench.machine import Machine
from bench.results import Row, Section
from bench.rounds import in_new_process
from headwork.attention.attend import run as attend_by
from headwork.attention.mechanism import Mechanism
from headwork.attention.memory import ProductKeyMemory
from headwork.attention.record import record
from headwork.attention.scopes import Causal
from headwork.measure.memory import peak_bytes

ROW_KEYS, ROW_SECONDS = 100_000, 0.2
DOCUMENT, DOCUMENT_BYTES = 32_000, 2 << 30
HALVES = (64, 128, 256, 512)


def run(machine: Machine, rounds: int) -> Section:
    rows_took = [row_seconds() for _ in range(rounds)]
    reductions = [in_new_process("bench.opening", threads=machine.threads)["bytes"] for _ in range(min(rounds, 2))]
    by_slots = {keys**2: look_up_ms(keys) for keys in HALVES}
    slope = exponent(by_slots)
    rows = [
        Row.less(
            f"row of 12 heads against {ROW_KEYS:,} keys, in s against {ROW_SECONDS}",
            rows_took,
            [ROW_SECONDS] * rounds,
            target=1,
        ),
        Row.less(
            f"peak in GB of reducing a map of {DOCUMENT:,} tokens, against 2 GiB",
            [found / 1e9 for found in reductions],
            [DOCUMENT_BYTES / 1e9] * len(reductions),
            target=1,
        ),
    ]
    told = ", ".join(f"{slots:,}: {took:.1f} ms" for slots, took in by_slots.items())
    return Section(
        title="Opening attention, and product keys",
        peer="the limit",
        rows=rows,
        notes=[
            "the reduction runs in a process of its own: entropy of each of 32,000 rows, one head of width 64",
            f"product keys, look-up of 512 tokens by 4 heads among slots, {told}: between the two largest, time grows "
            f"with the slots to the power {slope:.2f} (the square root would be 0.50)",
        ],
    )


class Alone(nn.Module):
    """One call of causal attention."""

    def __init__(self) -> None:
        super().__init__()
        self.tape = None

    def forward(self, *given: torch.Tensor) -> torch.Tensor:
        return attend_by(Mechanism(scope=Causal()), *given, tape=self.tape)


def row_seconds() -> float:
    alone, width = Alone(), 64
    query, key, value = torch.randn(1, 12, 1, width), *torch.randn(2, 1, 12, ROW_KEYS, width)
    with torch.no_grad(), record(alone) as tape:
        alone(query, key, value)
    start = time.perf_counter()
    with torch.no_grad():
        tape.row(0, None, 0)
    return time.perf_counter() - start


def reduce_a_document() -> None:
    """Prints the peak of memory of this process."""
    alone = Alone()
    query, key, value = torch.randn(3, 1, 1, DOCUMENT, 64)
    with torch.no_grad(), record(alone) as tape:
        alone(query, key, value)
    entropies = tape.reduce(lambda tile: torch.special.entr(tile).sum(-1), 0)
    assert torch.cat(entropies, dim=-1).shape == (1, DOCUMENT)
    print(json.dumps({"bytes": peak_bytes()}))


@torch.no_grad()
def look_up_ms(keys: int) -> float:
    memory, x = ProductKeyMemory(512, keys=keys, value_dim=8).eval(), torch.randn(512, 512)
    took = []
    for _ in range(7):
        start = time.perf_counter()
        memory.lookup(memory.queries(x))
        took.append(time.perf_counter() - start)
    return 1000 * min(took)


def exponent(by_slots: dict[int, float]) -> float:
    """Slope of the logarithms between the two largest tables, where fixed costs weigh least."""
    (few, quick), (many, slow) = list(by_slots.items())[-2:]
    return math.log(slow / quick) / math.log(many / few)


if __name__ == "__main__":
    reduce_a_document()
