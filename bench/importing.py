"""A published checkpoint of 90 MB, from its file to a model, within a running process."""

import time
from collections.abc import Callable
from typing import Any

from bench.machine import Machine
from bench.results import Row, Section
from bench.rounds import take_turns
from headwork.data.weights import find_encoder
from headwork.models.formats import read_published

OURS, PEER = "headwork", "transformers"


def run(machine: Machine, rounds: int) -> Section:
    from transformers import AutoModel, logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    folder = find_encoder("minilm", offline=True)
    sides: dict[str, Callable[[], Any]] = {
        OURS: lambda: read_published(folder),
        PEER: lambda: AutoModel.from_pretrained(folder, local_files_only=True),
    }
    for read in sides.values():
        read()
    took = take_turns({side: lambda _, read=read: seconds(read) for side, read in sides.items()}, rounds)
    rows = [
        Row.less("seconds for all-MiniLM-L6-v2", took[OURS], took[PEER], target=1),
        Row.less("the same against a second", took[OURS], [1.0] * rounds, target=1),
    ]
    note = "both check names and shapes of all tensors; the file is in the system's cache, the libraries are loaded"
    return Section(title="Importing", peer=PEER, rows=rows, notes=[note])


def seconds(read: Callable[[], Any]) -> float:
    start = time.perf_counter()
    read()
    return time.perf_counter() - start
