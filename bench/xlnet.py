"""XLNet over texts of many lengths: real tokens a second, against the padded batches that transformers takes."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bench.machine import Machine
from bench.results import Row, Section
from bench.rounds import take_turns
from headwork.models.formats import read_published
from headwork.ops.linear import for_inference
from headwork.ops.packed import TokenBatch, pack

PEER = "transformers"
TEXTS, SHORTEST, LONGEST = 16, 8, 256
SIZES: dict[str, Any] = {"vocab_size": 8000, "d_model": 768, "n_layer": 6, "n_head": 12, "d_inner": 3072}
"""the width of XLNet base, and half of its layers"""
PADDING = 5
TARGET = 2.0


def run(machine: Machine, rounds: int) -> Section:
    theirs, ours = models()
    generator = torch.Generator().manual_seed(0)
    lengths = {
        "ragged": torch.randint(SHORTEST, LONGEST + 1, (TEXTS,), generator=generator).tolist(),
        "of one length": [LONGEST // 2] * TEXTS,
    }
    rows, notes = [], []
    for name, of_text in lengths.items():
        batch = pack([torch.randint(6, 8000, (length,), generator=generator).tolist() for length in of_text])
        padded = padding_before(batch)
        furthest = float((ours(batch) - theirs(*padded)[padded[1]]).abs().max())
        sides = {PEER: lambda padded=padded: theirs(*padded), "headwork": lambda batch=batch: ours(batch)}
        tokens = sum(of_text)
        taken = take_turns(
            {side: lambda _, compute=compute: seconds(compute) for side, compute in sides.items()}, rounds
        )
        rates = {side: [tokens / each for each in times] for side, times in taken.items()}
        target = TARGET if name == "ragged" else 1.0
        rows.append(Row.more(f"tokens a second, {name}", rates["headwork"], rates[PEER], target=target))
        fill = tokens / (len(of_text) * max(of_text))
        notes.append(f"{name}: {TEXTS} texts, {tokens:,} tokens, {fill:.0%} of the padded ones; {furthest:.1e} apart")
    notes.append(f"random weights of width {SIZES['d_model']} in {SIZES['n_layer']} layers; {PEER} pads before texts")
    return Section(title="XLNet over texts of many lengths", peer=PEER, rows=rows, notes=notes)


def models() -> tuple[Callable[[Tensor, Tensor], Tensor], Callable[[TokenBatch], Tensor]]:
    """The same random model in both libraries: what each makes of a batch."""
    import transformers

    transformers.logging.disable_progress_bar()
    torch.manual_seed(0)
    model = transformers.XLNetModel(transformers.XLNetConfig(**SIZES)).eval()
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        core: Any = for_inference(read_published(Path(folder)).core)

    def theirs(ids: Tensor, mask: Tensor) -> Tensor:
        with torch.inference_mode():
            return model(input_ids=ids, attention_mask=mask.long(), use_mems=False).last_hidden_state

    def ours(batch: TokenBatch) -> Tensor:
        with torch.inference_mode():
            return core(batch)

    return theirs, ours


def padding_before(batch: TokenBatch) -> tuple[Tensor, Tensor]:
    """(B, T) ids with the padding before each text, and the mask that is true on tokens."""
    ids, mask = batch.padded(PADDING)
    order = mask.long().argsort(dim=1, stable=True)
    return ids.gather(1, order), mask.gather(1, order)


def seconds(compute: Callable[[], Tensor]) -> float:
    start = time.perf_counter()
    compute()
    return time.perf_counter() - start
