"""The most memory that this process has held so far."""

import resource
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak_bytes() -> int:
    """Largest resident set of this process since its program started."""
    # Linux hands ru_maxrss down from the parent through fork and exec: a small child of a large process would report
    # the parent's peak. VmHWM belongs to the program that runs now.
    if STATUS.is_file():
        for line in STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
