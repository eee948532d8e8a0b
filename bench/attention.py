"""Attention: sparse normalisers, bands, ragged batches and tapes, against the same layer done the plain way."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from bench.machine import Machine
from bench.results import Row, Section
from bench.rounds import take_turns
from headwork.attention.attend import attend
from headwork.attention.module import Attention
from headwork.attention.normalisers import Entmax15, Softmax, Sparsemax, compiled
from headwork.attention.record import record
from headwork.attention.scopes import Window
from headwork.layers.transformer import Block, CoreConfig

HEADS, WIDTH = 12, 64
REPEATS = 5
"""calls of which a round takes the quickest: what disturbs a call only makes it slower"""


def run(machine: Machine, rounds: int) -> Section:
    rows, notes = [], ["forward and backward, 12 heads of width 64 in fp32, the quickest of 5 calls in each round"]
    for length, texts in ((128, 8), (512, 2)):
        sparse = normalisers(length, texts, rounds)
        notes.append(f"at {length} tokens the entmax package takes {_times(sparse['package'], sparse['softmax'])}")
        for name, target in (("entmax-1.5", 1 / 3), ("sparsemax", 1 / 3), ("entmax-1.5, compiled", 1 / 1.25)):
            if name in sparse:
                what = f"layer with {name}, {length} tokens, in ms against softmax"
                rows.append(Row.less(what, sparse[name], sparse["softmax"], target=target))
    for length, target in ((2048, 5), (4096, 8)):
        took = bands(length, rounds)
        rows.append(
            Row.less(
                f"window of 64 at {length} tokens, in ms against full", took["window"], took["full"], target=target
            )
        )
    for name, lengths in RAGGED.items():
        fill = sum(lengths) / (len(lengths) * max(lengths))
        took = ragged(lengths, rounds)
        what = f"block of width 768, {name} lengths, fill {fill:.2f}, in ms against padded"
        rows.append(Row.less(what, took["packed"], took["padded"], target=0.85 / fill))
    took = tapes(rounds)
    rows.append(Row.less("layer with one head of a tape, in ms against none", took["tape"], took["none"], target=0.9))
    if machine.gemm_bf16 is None:
        notes.append("bf16 training of short texts is not measured: this processor does not multiply bfloat16")
    return Section(title="Attention", peer="the plain layer", rows=rows, notes=notes)


def normalisers(length: int, texts: int, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of a layer with each normaliser."""
    import entmax

    sides: dict[str, Callable[[int], float]] = {}
    x = torch.randn(texts, length, HEADS * WIDTH)
    for name, normaliser in (("softmax", Softmax()), ("entmax-1.5", Entmax15()), ("sparsemax", Sparsemax())):
        layer = Attention(HEADS * WIDTH, heads=HEADS, normaliser=normaliser)
        sides[name] = lambda _, layer=layer: quickest(lambda: layer(x)[0].sum().backward())
    package = Attention(HEADS * WIDTH, heads=HEADS, normaliser=Package(entmax.entmax15))
    sides["package"] = lambda _: quickest(lambda: package(x)[0].sum().backward())
    fast = Attention(HEADS * WIDTH, heads=HEADS, normaliser=Entmax15())
    sides["entmax-1.5, compiled"] = lambda _: quickest(lambda: compiling(lambda: fast(x)[0].sum().backward()))
    compiling(lambda: fast(x)[0].sum().backward())
    if not compiled.compiled_works():
        del sides["entmax-1.5, compiled"]
    return take_turns(sides, rounds)


def compiling(function: Callable[[], Any]) -> None:
    compiled.COMPILE, before = "always", compiled.COMPILE
    try:
        function()
    finally:
        compiled.COMPILE = before


class Package:
    """A normaliser of another library."""

    learned, shift_invariant, rowwise = False, True, True

    def __init__(self, function: Callable[..., Tensor]) -> None:
        self.function = function

    def __call__(self, scores: Tensor) -> Tensor:
        return self.function(scores, dim=-1)


def bands(length: int, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of full attention and of a window of 64 on either side."""
    given = [torch.randn(1, HEADS, length, WIDTH, requires_grad=True) for _ in range(3)]
    return take_turns(
        {
            "full": lambda _: quickest(lambda: attend(*given).sum().backward()),
            "window": lambda _: quickest(lambda: attend(*given, scope=Window(64)).sum().backward()),
        },
        rounds,
    )


def _uneven(count: int) -> list[int]:
    drawn = torch.empty(count).log_normal_(4.0, 0.8, generator=torch.Generator().manual_seed(0))
    return drawn.clamp(8, 512).long().tolist()


RAGGED: dict[str, Sequence[int]] = {"uniform 8 to 256": range(8, 257, 16), "log-normal": _uneven(16)}


def ragged(lengths: Sequence[int], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of a Transformer block on packed texts, and on the same padded to the longest."""
    config = CoreConfig(vocabulary=1, dim=768, heads=12, ff=3072, norm="pre", dropout=0.0)
    block, longest = Block(config), max(lengths)
    packed, padded = torch.randn(sum(lengths), 768), torch.randn(len(lengths) * longest, 768)
    real, full = tuple(sorted(lengths)), (longest,) * len(lengths)
    return take_turns(
        {
            "packed": lambda _: quickest(lambda: block(packed, real).sum().backward()),
            "padded": lambda _: quickest(lambda: block(padded, full).sum().backward()),
        },
        rounds,
    )


def tapes(rounds: int) -> dict[str, list[float]]:
    """Milliseconds of a layer alone, and with the map of one head of twelve."""
    layer, x = Attention(HEADS * WIDTH, heads=HEADS).eval(), torch.randn(2, 512, HEADS * WIDTH)

    def with_tape() -> None:
        with record(layer, heads=[3]) as tape:
            layer(x)
        for text in range(2):
            tape.map(0, 3, text)

    with torch.no_grad():
        return take_turns({"none": lambda _: quickest(lambda: layer(x)), "tape": lambda _: quickest(with_tape)}, rounds)


def quickest(function: Callable[[], Any]) -> float:
    """Milliseconds."""
    took = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        function()
        took.append(time.perf_counter() - start)
    return 1000 * min(took)


def _times(ours: Sequence[float], other: Sequence[float]) -> str:
    ratio = sorted(one / two for one, two in zip(ours, other, strict=True))
    return f"{ratio[len(ratio) // 2]:.1f} times as long as softmax ({ratio[0]:.1f} to {ratio[-1]:.1f})"
