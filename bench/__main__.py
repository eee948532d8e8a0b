"""python -m bench [NAMES] [--rounds N] [--threads N]: measure, print, and write bench/RESULTS.md."""

import argparse
import os
import sys

from bench import (
    attention,
    decoding,
    embedding,
    generation,
    gpu,
    importing,
    layers,
    opening,
    pairs,
    search,
    single,
    start,
    tuning,
    xlnet,
)
from bench.machine import measure_machine
from bench.results import write_results

BENCHMARKS = {
    "embedding": embedding,
    "single": single,
    "start": start,
    "tuning": tuning,
    "attention": attention,
    "opening": opening,
    "decoding": decoding,
    "layers": layers,
    "importing": importing,
    "generation": generation,
    "xlnet": xlnet,
    "search": search,
    "pairs": pairs,
    "gpu": gpu,
}


def main() -> None:
    import torch

    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all when none is named")
    parser.add_argument("--rounds", type=int, default=5, help="how often the sides take turns (default 5)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="for every side (default: all cores)")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - BENCHMARKS.keys()
    if unknown:
        parser.error(f"no benchmark called {unknown.pop()!r}; there are {', '.join(BENCHMARKS)}")
    torch.set_num_threads(chosen.threads)
    machine = measure_machine(chosen.threads)
    print(*machine.lines, sep="\n")
    sections = []
    for name in chosen.names or [name for name in BENCHMARKS if name != "gpu" or torch.cuda.is_available()]:
        print(name, file=sys.stderr)
        sections.append(BENCHMARKS[name].run(machine, chosen.rounds))
        print(sections[-1].markdown, end="\n\n")
    write_results(sections, machine, ["python", "-m", "bench", *sys.argv[1:]])


if __name__ == "__main__":
    main()
