"""Which kernel computes a call of attention, why, and the memory that it takes: a pure function of what is asked.

Packed texts are laid out first (segments, padded, runs); each rectangle then has a kernel of its own (windows, linear,
fused, dense), and the chunks of windows once more.
"""

from dataclasses import dataclass, replace

from headwork.attention.kernels import buckets, dense, fused, linear, windows
from headwork.attention.kernels.base import Kernel, Request
from headwork.attention.kernels.packed import PADDED, RUNS, SEGMENTS
from headwork.attention.mechanism import Mechanism

PACKED = (SEGMENTS, PADDED, RUNS)
RECTANGLES = (windows.KERNEL, buckets.KERNEL, linear.KERNEL, fused.KERNEL, dense.KERNEL)
CHUNKS = (fused.KERNEL, dense.KERNEL)
KERNELS = {kernel.name: kernel for kernel in (*PACKED, *RECTANGLES)}


@dataclass(frozen=True)
class Plan:
    kernel: str
    reason: str
    fallback: bool
    """a faster kernel exists for such a size, but something stands in its way"""
    extra_bytes: int
    """held beside queries, keys, values and output"""
    inner: "Plan | None" = None
    """what computes the runs or chunks"""

    def __str__(self) -> str:
        inner = f" > {self.inner}" if self.inner else ""
        fallback = "fallback: " if self.fallback else ""
        return f"{self.kernel} ({fallback}{self.reason}; {self.extra_bytes / 1e6:,.1f} MB){inner}"


def plan(mechanism: Mechanism, request: Request, *, kernel: str = "auto") -> Plan:
    """The plan of a call. A `kernel` that is asked for by name is taken where it can serve."""
    if request.layout == "packed":
        outer = choose_packed(mechanism, request, kernel)
        if outer.kernel == SEGMENTS.name:
            return outer
        rectangle = replace(request, layout="across" if outer.kernel == PADDED.name else "whole")
        inner = choose(RECTANGLES, mechanism, rectangle, kernel)
        return replace(outer, inner=inside(inner, mechanism, rectangle))
    return inside(choose(RECTANGLES, mechanism, request, kernel), mechanism, request)


def choose_packed(mechanism: Mechanism, request: Request, asked: str = "auto") -> Plan:
    """A kernel of rectangles is asked for within runs."""
    named = {kernel.name for kernel in PACKED} | {"auto"}
    return choose(PACKED, mechanism, request, asked if asked in named else RUNS.name)


def inside(found: Plan, mechanism: Mechanism, request: Request) -> Plan:
    """With the plan of the chunks, where there are any."""
    if found.kernel != windows.KERNEL.name:
        return found
    return replace(found, inner=choose(CHUNKS, mechanism, windows.chunk_request(mechanism, request)))


def choose(kernels: tuple[Kernel, ...], mechanism: Mechanism, request: Request, asked: str = "auto") -> Plan:
    """The first kernel that is worth it and can serve; the last of them always can."""
    named = [kernel for kernel in kernels if kernel.name == asked]
    passed_over = []
    for kernel in [*named, *kernels]:
        if kernel not in named and not kernel.worth(mechanism, request):
            continue
        obstacle = kernel.obstacle(mechanism, request)
        if not obstacle:
            reason = "; ".join([kernel.does, *passed_over])
            return Plan(kernel.name, reason, bool(passed_over), kernel.extra_bytes(mechanism, request))
        told = f"not {kernel.name}: {obstacle}"
        if told not in passed_over:
            passed_over.append(told)
    raise AssertionError("the last kernel has no obstacle")
