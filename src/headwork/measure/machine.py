"""What the measurements were made on."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import headwork
from headwork.base.results import Machine

CPUINFO = Path("/proc/cpuinfo")


def describe_machine(*, threads: int, device: str) -> Machine:
    """The processor, the threads and the device in use, and the versions that matter."""
    return Machine(
        processor=processor_name(),
        threads=threads,
        device=device,
        python=platform.python_version(),
        torch=_version("torch"),
        headwork=headwork.__version__,
    )


def processor_name() -> str:
    """The processor's model where the system tells, else its architecture."""
    if CPUINFO.is_file():
        for line in CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name" and value.strip():
                return value.strip()
    return platform.processor() or platform.machine()


def _version(package: str) -> str:
    # From the package's metadata: importing torch takes seconds.
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
