"""Compiled where it pays, the same either way, and plain where there is no compiler."""

import shutil
from collections.abc import Callable

import pytest
import torch
from tests.attention.normalisers.families import row

from headwork.attention.normalisers import Entmax15, Sparsemax, compiled, entmax15
from headwork.attention.normalisers.compiled import Kernel

TORCHS_OWN_WARNINGS = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(autouse=True)
def untried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_works", None)


def both(kernels: tuple[Kernel, Kernel], trains: bool = True) -> tuple[torch.Tensor, torch.Tensor]:
    scores = torch.stack([row("normal", 40), row("hidden", 40)]).float()
    weights = kernels[0](scores, trains=trains)
    return weights, kernels[1](scores.nan_to_num(neginf=3), weights, trains=trains)


def entmax15_kernels() -> tuple[Kernel, Kernel]:
    return Kernel(entmax15._weights), Kernel(entmax15._gradient)


@pytest.mark.slow
@TORCHS_OWN_WARNINGS
def test_compiled_and_plain_are_the_same(monkeypatch):
    plain = both(entmax15_kernels())
    assert compiled.compiled_works() is None, "so few places do not pay"
    monkeypatch.setattr(compiled, "COMPILE", "always")
    torch.testing.assert_close(both(entmax15_kernels()), plain, rtol=0, atol=1e-6)
    assert compiled.compiled_works() is True or not shutil.which("g++")


def test_without_a_compiler_it_runs_plainly(monkeypatch):
    def failing(function: Callable, **options: object) -> Callable:
        def run(*tensors: torch.Tensor) -> torch.Tensor:
            tried.append(function)
            raise RuntimeError("no compiler")

        return run

    tried: list[Callable] = []
    plain = both(entmax15_kernels())
    monkeypatch.setattr(compiled, "COMPILE", "always")
    monkeypatch.setattr(torch, "compile", failing)
    kernels = entmax15_kernels()
    assert torch.equal(both(kernels)[1], plain[1]) and torch.equal(both(kernels)[1], plain[1])
    assert compiled.compiled_works() is False
    assert len(tried) == 1, "once it has failed, it is not tried again"


@pytest.mark.parametrize(("choice", "calls"), [("never", 0), ("auto", 3), ("always", 4)])
def test_when_it_is_compiled(monkeypatch, choice, calls):
    ran = []
    monkeypatch.setattr(torch, "compile", lambda function, **_: lambda *tensors: ran.append(1) or function(*tensors))
    monkeypatch.setattr(compiled, "COMPILE", choice)
    monkeypatch.setattr(compiled, "PLACES_OF_A_CALL", 600)
    monkeypatch.setattr(compiled, "PLACES_THAT_PAY", 1500)
    kernel = Kernel(lambda scores, steps: scores)
    for _ in range(4):
        kernel(torch.zeros(20, 40), trains=True)
    assert len(ran) == calls
    if choice == "auto":
        kernel(torch.zeros(20, 400), trains=False)
        for _ in range(9):
            kernel(torch.zeros(10, 100), trains=False)
            kernel(torch.zeros(1, 100), trains=True)
        assert len(ran) == calls, "only the kind that has trained on many places is compiled"


@TORCHS_OWN_WARNINGS
@pytest.mark.parametrize("normaliser", [Entmax15(), Sparsemax()])
def test_it_goes_into_a_graph_that_others_compile(normaliser):
    scores = row("normal", 40).requires_grad_()
    graph = torch.compile(lambda x: normaliser(x * 2), backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(graph(scores), normaliser(scores * 2), rtol=0, atol=1e-12)
    ours, theirs = (
        torch.autograd.grad(make(scores).square().sum(), scores) for make in (graph, lambda x: normaliser(x * 2))
    )
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)
