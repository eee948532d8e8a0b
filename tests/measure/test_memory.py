"""The peak of this process: it rises with what is held, and is not the parent's."""

import resource
import subprocess
import sys

import numpy as np
import pytest

from headwork.measure import memory


def test_the_peak_rises_by_what_is_held():
    before = memory.peak_bytes()
    held = np.ones(before // 8 + 4_000_000)
    assert memory.peak_bytes() >= held.nbytes
    del held
    assert memory.peak_bytes() > before


def test_a_small_child_of_a_large_process_is_small():
    held = np.ones(30_000_000)
    code = "from headwork.measure.memory import peak_bytes; print(peak_bytes())"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(child.stdout) < held.nbytes < memory.peak_bytes()


@pytest.mark.parametrize(("platform", "unit"), [("darwin", 1), ("linux", 1024)])
def test_without_proc_the_unit_is_the_systems(monkeypatch, tmp_path, platform, unit):
    monkeypatch.setattr(memory, "STATUS", tmp_path / "status")
    monkeypatch.setattr(memory.sys, "platform", platform)
    assert memory.peak_bytes() == unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
