"""Kernels of the sparse normalisers, compiled where that pays.

torch.compile makes one pass of a row out of many, but its first call takes seconds and needs a C++ compiler. So a
kernel runs as it is until it has trained on as many places as cost about those seconds, and for good where compiling
fails.

Axes: R rows, K places of a row.
"""

import functools
from collections import Counter
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from headwork.attention.normalisers.newton import fixed_steps

COMPILE: Literal["auto", "never", "always"] = "never"
"""never, until somebody asks: compiled sums round differently, and a resumed run must end with the same bits"""
PLACES_THAT_PAY = 2**30
PLACES_OF_A_CALL = 2**16
"""a call of fewer is about as fast either way, and is not counted"""

_works: bool | None = None


def compiled_works() -> bool | None:
    """Did compiling succeed here? None before it was tried; once it failed, nothing is compiled again."""
    return _works


class Kernel:
    """A function of tensors (R, K) and a number of steps; None steps mean as many as the rows need."""

    def __init__(self, function: Callable[..., Tensor]):
        self.function = function
        self.seen: Counter[tuple] = Counter()
        self.compiled: dict[tuple, Callable[..., Tensor]] = {}

    def __call__(self, *tensors: Tensor, trains: bool) -> Tensor:
        first, steps = tensors[0], fixed_steps(tensors[0].shape[-1])
        if torch.compiler.is_compiling():
            return self.function(*tensors, steps=steps)
        kind = (steps, first.dtype, first.device.type)
        if not self._pays(kind, first.numel(), trains):
            return self.function(*tensors, steps=None)
        return self._run_compiled(kind, tensors)

    def _pays(self, kind: tuple, places: int, trains: bool) -> bool:
        if COMPILE != "auto" or _works is False:
            return COMPILE == "always" and _works is not False
        if trains and places >= PLACES_OF_A_CALL:
            self.seen[kind] += places
        return self.seen[kind] >= PLACES_THAT_PAY

    def _run_compiled(self, kind: tuple, tensors: tuple[Tensor, ...]) -> Tensor:
        global _works
        rows = [tensor.reshape(-1, tensor.shape[-1]).contiguous() for tensor in tensors]
        try:
            if kind not in self.compiled:
                self.compiled[kind] = torch.compile(functools.partial(self.function, steps=kind[0]), dynamic=True)
            result = self.compiled[kind](*rows)
        except Exception:  # the kinds of failure differ from one release of torch to the next
            _works = False
            return self.function(*tensors, steps=None)
        _works = True
        return result.view(tensors[0].shape)
