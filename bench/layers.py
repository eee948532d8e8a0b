"""One layer of each lineage at growing length: self-attention and convolution against the LSTM, in one direction."""

import time
from collections.abc import Callable

import torch
from torch import nn

from bench.machine import Machine
from bench.results import Row, Section
from bench.rounds import take_turns
from headwork.layers.convolution import PackedConvolution
from headwork.layers.recurrent import Recurrent
from headwork.layers.transformer import CoreConfig, SelfAttention
from headwork.measure.complexity import convolution, lstm, projections, self_attention
from headwork.measure.slopes import slope

WIDTH, WINDOW, TOKENS = 128, 3, 2048
LENGTHS = (32, 128, 512, 2048)
REPEATS = 3
"""calls of which a round takes the quickest"""


def run(machine: Machine, rounds: int) -> Section:
    torch.manual_seed(0)
    layers = {
        "LSTM": Recurrent("lstm", WIDTH, hidden=WIDTH, directions=1),
        "self-attention": SelfAttention(
            CoreConfig(vocabulary=1, dim=WIDTH, layers=1, heads=4, ff=1, positions=max(LENGTHS), dropout=0)
        ),
        "convolution": PackedConvolution(WIDTH, filters=WIDTH, window=WINDOW),
    }
    rows, took = [], {name: [] for name in layers}
    for length in LENGTHS:
        sides = {
            name: lambda _, layer=layer, length=length: milliseconds(layer, length) for name, layer in layers.items()
        }
        found = take_turns(sides, rounds)
        for name in layers:
            took[name].append(min(found[name]))
        for name in ("self-attention", "convolution"):
            what = f"{name}, {TOKENS // length} texts of {length} tokens, in ms against the LSTM"
            rows.append(Row.less(what, found[name], found["LSTM"], target=1))
    shares = [
        (self_attention(length, WIDTH).operations + projections(length, WIDTH)) / lstm(length, WIDTH).operations
        for length in LENGTHS
    ]
    counts = ", ".join(f"{length} tokens {share:.2f}" for length, share in zip(LENGTHS, shares, strict=True))
    return Section(
        title="Layers by length",
        peer="LSTM",
        rows=rows,
        notes=[
            f"forward and backward of {TOKENS} tokens in all, width {WIDTH}, 4 heads, windows of {WINDOW}, the "
            f"quickest of {REPEATS} calls in each round",
            f"operations of self-attention against those of the LSTM: {counts}; of convolution "
            f"{convolution(1, WIDTH, WINDOW).operations / lstm(1, WIDTH).operations:.2f} at any length",
            "time of so many tokens grows with the length as its power "
            + ", ".join(f"{slope(LENGTHS, times):.2f} ({name})" for name, times in took.items())
            + ": an LSTM has fewer but longer texts to step through",
        ],
    )


def milliseconds(layer: nn.Module, length: int) -> float:
    """Forward and backward."""
    x = torch.randn(TOKENS, WIDTH, requires_grad=True)
    lengths = [length] * (TOKENS // length)
    return min(_once(lambda: layer(x, lengths).sum().backward()) for _ in range(REPEATS))


def _once(call: Callable[[], None]) -> float:
    start = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - start)
