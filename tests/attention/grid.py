"""The grid of mechanisms: every value of every axis, made small, and a pairwise cover of their combinations."""

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from headwork.attention.mechanism import Mechanism
from headwork.attention.mix import Gather, WeightedSum
from headwork.attention.normalisers import (
    Entmax,
    Entmax15,
    Hard,
    LearnedEntmax,
    Proportional,
    Sigmoid,
    Softmax,
    Sparsemax,
    TopK,
)
from headwork.attention.positions import T5, XL, ALiBi, Rotary, Shaw, ShawValues
from headwork.attention.scopes import (
    Blocks,
    Causal,
    Dilated,
    Document,
    Fixed,
    Full,
    Global,
    Hashed,
    LearnedSpan,
    Local1d,
    Local2d,
    LocalM,
    LocalP,
    LocalPStar,
    Prefix,
    Random,
    Routed,
    Strided,
    Window,
)
from headwork.attention.scores import L2, Additive, Concat, Cosine, Dot, Features, General, Location, ScaledDot

HEADS, WIDTH, VALUE_WIDTH = 2, 4, 3

SHAPES: dict[str, tuple[tuple[int, int], ...]] = {
    "self": ((5, 5), (1, 1), (9, 9), (9, 9)),
    "cross": ((3, 7), (1, 4), (6, 2), (1, 1)),
    "pooled": ((1, 3), (1, 6), (1, 6), (1, 1)),
}
"""(queries, keys) of each text; causal leaves the first four queries of (6, 2) without a key"""

SCORE_MAKERS: dict[str, Callable[[], Any]] = {
    "dot": Dot,
    "scaled_dot": ScaledDot,
    "general": lambda: General(HEADS, WIDTH),
    "additive": lambda: Additive(HEADS, WIDTH, hidden=3),
    "concat": lambda: Concat(HEADS, WIDTH, hidden=3),
    "location": lambda: Location(HEADS, WIDTH, most_keys=12),
    "cosine": lambda: Cosine(2.0),
    "l2": L2,
    "features": lambda: Features("elu"),
    "features-positive": lambda: Features("positive", dim=WIDTH, directions=8),
}
NORMALISER_MAKERS: dict[str, Callable[[], Any]] = {
    "softmax": Softmax,
    "sparsemax": Sparsemax,
    "entmax15": Entmax15,
    "entmax": lambda: Entmax(1.3),
    "entmax-learned": lambda: LearnedEntmax(HEADS),
    "sigmoid": lambda: Sigmoid(-1.0),
    "top-k": lambda: TopK(2),
    "hard": Hard,
    "proportional": Proportional,
}
SCOPE_MAKERS: dict[str, Callable[[], Any]] = {
    "full": Full,
    "causal": Causal,
    "window": lambda: Window(1),
    "window-causal": lambda: Window(2, 3) & Causal(),
    "local-m": lambda: LocalM(1),
    "local-p": lambda: LocalP(HEADS, WIDTH, half=2),
    "local-p*": lambda: LocalPStar(HEADS, WIDTH, count=3),
    "local-1d": lambda: Local1d(2, 1) & Causal(),
    "local-2d": lambda: Local2d(3, 2, 2, 1, 1) & Causal(),
    "strided": lambda: Strided(3) & Causal(),
    "fixed": lambda: Fixed(3) & Causal(),
    "dilated": lambda: Dilated(1, 2),
    "global": lambda: Window(1) | Global((0,)),
    "blocks": lambda: Blocks(2),
    "random": lambda: Window(1) | Random(2, 0.4) | Global((0,)),
    "prefix": lambda: Prefix((2, 1, 3, 0)),
    "document": lambda: Document(torch.arange(12).div(3, rounding_mode="floor").repeat(4, 1)) & Causal(),
    "hashed": lambda: Hashed(HEADS, WIDTH, buckets=4),
    "routed": lambda: Routed(HEADS, WIDTH, clusters=3),
    "span": lambda: LearnedSpan(HEADS, longest=4, ramp=2, start=0.4),
}
POSITION_MAKERS: dict[str, Callable[[], Any]] = {
    "none": lambda: ((), WeightedSum()),
    "alibi": lambda: ((ALiBi(),), WeightedSum()),
    "rotary": lambda: ((Rotary(),), WeightedSum()),
    "shaw": lambda: ((Shaw(WIDTH, clip=2),), ShawValues(VALUE_WIDTH, clip=2)),
    "xl": lambda: ((XL(HEADS, WIDTH),), WeightedSum()),
    "t5": lambda: ((T5(HEADS, buckets=8, furthest=8),), WeightedSum()),
    "gather": lambda: ((), Gather()),
}
LAYOUTS = ("whole", "padded", "packed")


@dataclass(frozen=True)
class Point:
    score: str
    scope: str
    normaliser: str
    position: str
    layout: str
    shape: str

    def __str__(self) -> str:
        return "-".join((self.score, self.scope, self.normaliser, self.position, self.layout, self.shape))

    @property
    def sensible(self) -> bool:
        """Weights over their sum want scores above zero, and nothing else has them."""
        positive = self.score.startswith("features")
        if self.normaliser == "proportional":
            return positive and self.position in ("none", "rotary") and self.scope not in ("span",)
        return True

    def mechanism(self) -> Mechanism:
        torch.manual_seed(0)
        position, mix = POSITION_MAKERS[self.position]()
        mechanism = Mechanism(
            SCORE_MAKERS[self.score](), position, SCOPE_MAKERS[self.scope](), NORMALISER_MAKERS[self.normaliser](), mix
        )
        for module in mechanism.modules():
            module.double()
        return mechanism


AXES = (
    tuple(SCORE_MAKERS),
    tuple(SCOPE_MAKERS),
    tuple(NORMALISER_MAKERS),
    tuple(POSITION_MAKERS),
    LAYOUTS,
    tuple(SHAPES),
)


def whole_grid() -> Iterator[Point]:
    return (point for values in itertools.product(*AXES) if (point := Point(*values)).sensible)


def whole_grid_of(score: str) -> Iterator[Point]:
    """Every scope, normaliser, position and layout with that score, the shapes taking turns."""
    for turn, values in enumerate(itertools.product(*AXES[1:-1])):
        point = Point(score, *values, shape=list(SHAPES)[turn % len(SHAPES)])
        if point.sensible:
            yield point


def pairwise() -> list[Point]:
    """Points that hold every sensible pair of values of two axes, greedily few, and those of `by_kernels`."""
    points = list(whole_grid())
    random.Random(0).shuffle(points)
    wanted = {pair for point in points for pair in pairs_of(point)}
    chosen = []
    while wanted:
        sample = [points[i] for i in random.Random(len(chosen)).sample(range(len(points)), 200)]
        best = max(sample, key=lambda point: len(wanted & pairs_of(point)))
        if not wanted & pairs_of(best):
            best = next(point for point in points if wanted & pairs_of(point))
        chosen.append(best)
        wanted -= pairs_of(best)
    return chosen + [point for point in by_kernels() if point not in chosen]


def by_kernels() -> list[Point]:
    """Points at which kernels serve that ask for a certain value of more than two axes."""
    linear = itertools.product(
        ("features", "features-positive"), ("full", "causal"), ("proportional",), ("none",), LAYOUTS, ("self",)
    )
    segments = itertools.product(
        ("dot", "general", "cosine", "l2"), ("full",), ("softmax",), ("none",), ("packed",), ("pooled",)
    )
    return [Point(*values) for values in (*linear, *segments)]


def pairs_of(point: Point) -> set[tuple[Any, ...]]:
    values = tuple(enumerate(vars(point).values()))
    return set(itertools.combinations(values, 2))


def texts_of(shape: str) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Queries (H, Q, d), keys (H, K, d) and values (H, K, e) of each text."""
    generator = torch.Generator().manual_seed(1)
    return [
        tuple(
            torch.randn(HEADS, length, width, generator=generator, dtype=torch.float64)
            for length, width in ((queries, WIDTH), (keys, WIDTH), (keys, VALUE_WIDTH))
        )
        for queries, keys in SHAPES[shape]
    ]
