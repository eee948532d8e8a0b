"""Rows of scores that are hard for a search of thresholds."""

import torch
from torch import Tensor

ROWS = [
    "zeros",
    "ties",
    "ramp",
    "steep ramp",
    "flat ramp",
    "powers",
    "square",
    "root",
    "normal",
    "tiny",
    "huge",
    "hidden",
]


def row(name: str, places: int, seed: int = 0) -> Tensor:
    """(R, places) scores in double precision."""
    line = torch.linspace(0, 1, places, dtype=torch.float64)[None]
    normal = torch.randn(8, places, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return {
        "zeros": 0 * line,
        "ties": (line > 0.5).double() * 0.99,
        "ramp": line,
        "steep ramp": 5 * line,
        "flat ramp": line / 100,
        "powers": -torch.logspace(-8, 1, places, dtype=torch.float64)[None],
        "square": -(2 * line).square(),
        "root": -(2 * line).sqrt(),
        "normal": 2 * normal,
        "tiny": normal / 1000,
        "huge": normal * 1000,
        # all but the first place of the first row, and the second half of all others
        "hidden": normal.masked_fill((line > 0.5) | ((torch.arange(8)[:, None] == 0) & (line > 0)), -torch.inf),
    }[name]
