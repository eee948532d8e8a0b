"""Embedding many texts: docstrings of the standard library, real tokens a second."""

import time
from collections.abc import Callable, Sequence
from statistics import median

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

from bench.embedders import Headwork, SentenceTransformers
from bench.machine import Machine
from bench.results import Row, Section
from bench.rounds import take_turns
from headwork.data.corpus import prepare
from headwork.ops.packed import TokenBatch

PEER = "sentence-transformers"
TEXTS = 512
TARGETS = {"fp32": (2.1, 0.99999), "bf16": (3.5, 0.999)}
PRODUCTS = (
    "aten::addmm",
    "mkldnn::_linear_pointwise",
    "mkldnn::_linear_pointwise.binary",
    "quantized::linear_dynamic_fp16",
)


def run(machine: Machine, rounds: int) -> Section:
    texts = prepare("stdlib").texts[:TEXTS]
    precisions = ["fp32", *(["bf16"] if machine.gemm_bf16 else [])]
    ours, theirs = {name: Headwork(name) for name in precisions}, SentenceTransformers()
    tokens = sum(ours["fp32"].reader.read(texts).lengths)
    expected = theirs(texts)
    sides = {PEER: theirs, **ours}
    rates = take_turns(
        {name: lambda _, embed=embed: tokens / seconds(embed, texts) for name, embed in sides.items()}, rounds
    )
    rows: list[Row] = []
    notes = [f"{len(texts)} texts, {tokens:,} tokens; {PEER} sorts by length and pads to the longest of 32"]
    for name in precisions:
        ratio, cosine = TARGETS[name]
        rows.append(Row.more(f"tokens a second, {name}", rates[name], rates[PEER], target=ratio))
        found = (ours[name](texts) * expected).sum(1).min()
        reached = median(rates[name]) * operations_of_a_token(ours[name]) / 1e9
        share = share_of_products(ours[name], ours[name].batches(texts)[1])
        limit = machine.gemm_bf16 if name == "bf16" else machine.gemm_fp32
        notes.append(
            f"{name}: smallest cosine to {PEER} {found:.7f} (at least {cosine} asked); linear layers are "
            f"{share:.0%} of the time, and {reached:.0f} GFLOP/s over the whole of it, "
            f"where products alone reach {limit:.0f}"
        )
    if "bf16" not in precisions:
        notes.append(
            "bf16: not measured, this processor does not multiply bfloat16; `precision='bf16'` computes in fp32 here"
        )
    return Section(title="Embedding many texts", peer=PEER, rows=rows, notes=notes)


def seconds(embed: Callable[[Sequence[str]], np.ndarray], texts: Sequence[str]) -> float:
    start = time.perf_counter()
    embed(texts)
    return time.perf_counter() - start


def operations_of_a_token(embed: Headwork) -> int:
    """Multiplications and additions in the linear layers of the blocks."""
    settings = embed.model.core.config
    return 2 * settings.layers * (4 * settings.dim**2 + 2 * settings.dim * settings.ff)


def share_of_products(embed: Headwork, batches: Sequence[TokenBatch]) -> float:
    """The share of the time that linear layers take (their fused activations included), a batch after the other."""
    with torch.inference_mode(), profile(activities=[ProfilerActivity.CPU]) as profiled:
        start = time.perf_counter()
        for batch in batches:
            embed.model.encode(batch)
        whole = time.perf_counter() - start
    return sum(event.self_cpu_time_total for event in profiled.key_averages() if event.key in PRODUCTS) / 1e6 / whole
