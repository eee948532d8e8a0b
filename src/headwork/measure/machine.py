"""What the measurements were made on."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import headwork
from headwork.base.results import Machine

CPUINFO = Path("/proc/cpuinfo")
BF16 = {"avx512_bf16", "amx_bf16", "bf16"}
"""instructions that multiply bfloat16"""


def describe_machine(*, threads: int, device: str) -> Machine:
    """The processor, the threads and the device in use, and the versions that matter."""
    return Machine(
        processor=processor_name(),
        threads=threads,
        device=device,
        python=platform.python_version(),
        torch=_version("torch"),
        headwork=headwork.__version__,
        bf16=bool(BF16 & {*_told("flags").split(), *_told("Features").split()}),
    )


def processor_name() -> str:
    """The processor's model where the system tells, else its architecture."""
    return _told("model name") or platform.processor() or platform.machine()


def _told(what: str) -> str:
    """What the system says of its first processor; nothing where it does not."""
    if CPUINFO.is_file():
        for line in CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == what and value.strip():
                return value.strip()
    return ""


def _version(package: str) -> str:
    # From the package's metadata: importing torch takes seconds.
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
