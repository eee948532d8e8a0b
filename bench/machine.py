"""The machine and its limit: how fast it multiplies matrices of the size that the encoder has."""

import platform
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import torch

from headwork.measure.machine import processor_name
from headwork.ops.linear import FrozenLinear, Linear, multiplies_bf16

PACKAGES = ("torch", "transformers", "sentence-transformers", "accelerate", "tokenizers")
ROWS, WIDTH, WIDE = 1024, 384, 1536
SECONDS = 1.0


@dataclass(frozen=True)
class Machine:
    threads: int
    gemm_fp32: float
    """GFLOP/s, the best of many products"""
    gemm_bf16: float | None
    """None where the processor does not multiply bfloat16"""

    @property
    def lines(self) -> list[str]:
        bf16 = "not by this processor" if self.gemm_bf16 is None else f"{self.gemm_bf16:.0f} GFLOP/s"
        return [
            f"{processor_name()}, {torch.backends.cpu.get_cpu_capability()}, {self.threads} threads for every side, "
            f"Python {platform.python_version()}",
            ", ".join(f"{package} {_version(package)}" for package in PACKAGES),
            f"matrix products of {ROWS} x {WIDTH} x {WIDE}: {self.gemm_fp32:.0f} GFLOP/s in fp32; in bf16 {bf16}",
        ]


def measure_machine(threads: int) -> Machine:
    return Machine(threads, gemm_rate(torch.float32), gemm_rate(torch.bfloat16) if multiplies_bf16() else None)


def gemm_rate(dtype: torch.dtype) -> float:
    """GFLOP/s of the encoder's widest linear layer at its best."""
    layer = FrozenLinear(Linear(WIDTH, WIDE), dtype)
    x = torch.randn(ROWS, WIDTH, dtype=dtype)
    best, end = float("inf"), time.perf_counter() + SECONDS
    with torch.inference_mode():
        while time.perf_counter() < end:
            start = time.perf_counter()
            layer(x)
            best = min(best, time.perf_counter() - start)
    return 2 * ROWS * WIDTH * WIDE / best / 1e9


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
