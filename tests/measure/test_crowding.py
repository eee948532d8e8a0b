"""How long a process waited for a core: what the system counts, and when it is told."""

import os
import subprocess
import sys

import pytest

from headwork.measure import crowding
from headwork.measure.crowding import Stopwatch, crowded, waited_seconds

WAITING = """
import os, time
from headwork.measure.crowding import Stopwatch
watch = Stopwatch()
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
others = [os.fork() for _ in range(2)]  # and the first of them forks too: four in all
end = time.perf_counter() + 1.0
while time.perf_counter() < end:
    pass
if 0 in others:
    os._exit(0)
print(watch.waited_share, watch.seconds)
"""


@pytest.mark.skipif(not crowding.SCHEDULED.is_file(), reason="the system does not count how long a process waits")
def test_processes_on_one_core_wait_for_each_other():
    assert hasattr(os, "sched_setaffinity")
    done = subprocess.run([sys.executable, "-c", WAITING], capture_output=True, text=True, check=True)
    waited_share, seconds = map(float, done.stdout.split())
    assert 0.55 < waited_share < 1  # three quarters of the second; it ran for the rest
    assert seconds < 0.45


def test_elsewhere_nothing_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path):
    monkeypatch.setattr(crowding, "SCHEDULED", tmp_path / "nowhere")
    assert waited_seconds() is None
    watch = Stopwatch()
    assert watch.waited_share is None
    assert watch.seconds > 0


def test_it_is_told_where_it_is_much():
    assert crowded({}) is None
    assert crowded({"a": None, "b": 0.05}) is None
    told = crowded({"a": 0.02, "b": 0.4, "c": None})
    assert told is not None and "2% to 40%" in told and "most: b" in told
    assert "during 40% of their" in str(crowded({"b": 0.401, "d": 0.399}))
