"""Fine-tuning all-MiniLM-L6-v2 on ragged documents: real tokens a second, peak memory, and the score it comes to."""

from typing import Any

import numpy as np

from bench.machine import Machine
from bench.results import Row, Section
from bench.rounds import in_new_process, take_turns
from bench.trainers import EPOCHS, TRAIN
from headwork.measure.paired import paired_difference

OURS = {"headwork": "every weight trained", "headwork-recipe": "embeddings frozen, as in the recipe"}
PEER = "transformers"
SPEED, MEMORY = {"fp32": 2.5, "bf16": 4.0}, 2.0


def run(machine: Machine, rounds: int) -> Section:
    def tuned(side: str, precision: str, seed: int) -> dict[str, Any]:
        return in_new_process("bench.trainers", side, precision, str(seed), threads=machine.threads)

    precisions = ["fp32", *(["bf16"] if machine.gemm_bf16 else [])]
    plans = [(PEER, "fp32"), *((side, precision) for precision in precisions for side in OURS)]
    given = take_turns({plan: lambda turn, plan=plan: tuned(*plan, turn) for plan in plans}, rounds)
    peer = given[PEER, "fp32"]
    rows, notes = [], [f"{TRAIN} documents, {EPOCHS} epochs; a process of its own for each run"]
    for side, precision in plans[1:]:
        ours, what = given[side, precision], f"{precision}, {OURS[side]}"
        rows += [
            Row.more(
                f"real tokens a second, {what}", all_of("rate", ours), all_of("rate", peer), target=SPEED[precision]
            ),
            Row.less(f"peak memory in MB, {what}", all_of("megabytes", ours), all_of("megabytes", peer), target=MEMORY),
        ]
        notes.append(f"{what}: {_scores(ours, peer)}")
    if "bf16" not in precisions:
        notes.append("bf16 is not measured: this processor does not multiply bfloat16")
    return Section(title="Fine-tuning", peer="transformers' Trainer, 16 rows, fp32", rows=rows, notes=notes)


def all_of(key: str, runs: list[dict[str, Any]]) -> list[float]:
    return [run[key] for run in runs]


def _scores(ours: list[dict[str, Any]], peer: list[dict[str, Any]]) -> str:
    mine, other = (np.array([run["correct"] for run in side]) for side in (ours, peer))
    gap = paired_difference(np.ones(mine.shape[1], dtype=bool), mine, other)
    return (
        f"accuracy {mine.mean():.3f} against {other.mean():.3f}, difference {gap.difference:+.3f} "
        f"(95% {gap.low:+.3f} to {gap.high:+.3f})"
    )
