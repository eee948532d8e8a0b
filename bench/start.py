"""From the start of a process to its first embedding."""

import time

from bench.machine import Machine
from bench.results import Row, Section
from bench.rounds import in_new_process, take_turns

OURS, PEER = "headwork", "sentence-transformers"


def run(machine: Machine, rounds: int) -> Section:
    def seconds(side: str) -> float:
        start = time.perf_counter()
        in_new_process("bench.first", side, threads=machine.threads)
        return time.perf_counter() - start

    for side in (PEER, OURS):
        seconds(side)
    took = take_turns({side: lambda _, side=side: seconds(side) for side in (PEER, OURS)}, rounds)
    row = Row.less("seconds to the first embedding", took[OURS], took[PEER], target=2.5)
    note = "a new process each time, from its start to its end; its files are in the system's cache"
    return Section(title="Start", peer=PEER, rows=[row], notes=[note])
