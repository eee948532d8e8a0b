"""Facts about the machine, told without importing torch."""

import platform
import subprocess
import sys
from importlib.metadata import version

import pytest

import headwork
from headwork.measure import machine


def test_facts():
    facts = machine.describe_machine(threads=2, device="cpu")
    assert (facts.threads, facts.device) == (2, "cpu")
    assert facts.python == platform.python_version()
    assert facts.torch == version("torch")
    assert facts.headwork == headwork.__version__
    assert facts.processor


def test_the_processor_is_read_where_the_system_tells(monkeypatch, tmp_path):
    listing = tmp_path / "cpuinfo"
    listing.write_text("processor\t: 0\nmodel name\t: Abacus 9000 @ 1 Hz\n")
    monkeypatch.setattr(machine, "CPUINFO", listing)
    assert machine.processor_name() == "Abacus 9000 @ 1 Hz"
    monkeypatch.setattr(machine, "CPUINFO", tmp_path / "nothing")
    assert machine.processor_name() == platform.processor() or platform.machine()


@pytest.mark.parametrize(
    ("line", "has"),
    [
        ("flags\t\t: fpu avx512f avx512_bf16 sse", True),
        ("flags\t\t: fpu avx512f avx512_vnni", False),
        ("Features\t: fp asimd bf16", True),
        ("nothing", False),
    ],
)
def test_a_processor_that_multiplies_bf16_is_called_so(line: str, has: bool, monkeypatch, tmp_path):
    listing = tmp_path / "cpuinfo"
    listing.write_text(f"model name\t: Abacus\n{line}\n")
    monkeypatch.setattr(machine, "CPUINFO", listing)
    facts = machine.describe_machine(threads=1, device="cpu")
    assert facts.bf16 == has and facts.hardware == f"Abacus{' with bf16' if has else ''}, 1 thread, cpu"


def test_no_part_of_the_room_imports_torch():
    code = (
        "import pkgutil, sys, headwork.measure as room\n"
        "for part in pkgutil.iter_modules(room.__path__): __import__(f'headwork.measure.{part.name}')\n"
        "from headwork.measure.machine import describe_machine\n"
        "describe_machine(threads=1, device='cpu')\n"
        "print(sorted({'torch', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
