"""The frozen linear layer gives what the plain one gives, and the plain one what torch gives."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from headwork.measure.machine import describe_machine
from headwork.ops import linear
from headwork.ops.linear import (
    ACTIVATIONS,
    FrozenLinear,
    FrozenNorm,
    HalfLinear,
    Linear,
    dtype_of,
    for_inference,
    halving_works,
    multiplies_bf16,
    packing_works,
)

ROUNDING = {torch.float32: 1e-5, torch.float64: 1e-13, torch.bfloat16: 4e-2}


@pytest.fixture
def layer() -> Linear:
    torch.manual_seed(0)
    layer = Linear(24, 40)
    nn.init.normal_(layer.weight, std=0.3)
    nn.init.normal_(layer.bias)
    return layer.eval()


def test_activations_are_torchs():
    x = torch.linspace(-6, 6, 101, dtype=torch.float64)
    assert torch.equal(ACTIVATIONS["gelu"](x), nn.GELU()(x))
    assert torch.equal(ACTIVATIONS["gelu_tanh"](x), nn.GELU("tanh")(x))
    assert torch.equal(ACTIVATIONS["relu"](x), x.clamp(min=0))
    assert torch.allclose(ACTIVATIONS["quick_gelu"](x), x / (1 + torch.exp(-1.702 * x)), rtol=1e-14)


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("rows", [0, 1, 7])
@pytest.mark.parametrize("with_residual", [False, True])
def test_frozen_equals_plain(layer: Linear, dtype: torch.dtype, activation: str, rows: int, with_residual: bool):
    x = torch.randn(rows, 24)
    residual = torch.randn(rows, 40) if with_residual else None
    plain = layer.double()(x.double(), activation=activation, residual=None if residual is None else residual.double())
    frozen = FrozenLinear(layer, dtype)(x, activation=activation, residual=residual)
    assert frozen.dtype == dtype
    assert frozen.shape == plain.shape
    assert torch.allclose(frozen.double(), plain, rtol=ROUNDING[dtype], atol=ROUNDING[dtype])


@pytest.mark.skipif(not halving_works(), reason="no FBGEMM here")
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("rows", [0, 1, 7])
@pytest.mark.parametrize("with_residual", [False, True])
def test_half_equals_plain_with_rounded_weights(layer: Linear, activation: str, rows: int, with_residual: bool):
    x = torch.randn(rows, 24)
    residual = torch.randn(rows, 40) if with_residual else None
    half = for_inference(nn.ModuleList([layer]), torch.float16)[0]
    assert isinstance(half, HalfLinear)
    found = half(x, activation=activation, residual=residual)
    layer.weight.data = layer.weight.data.half().float()
    assert torch.allclose(found, layer(x, activation=activation, residual=residual), rtol=1e-5, atol=1e-5)


def test_halving_is_refused_where_it_is_wrong(monkeypatch: pytest.MonkeyPatch):
    right = HalfLinear.forward
    monkeypatch.setattr(HalfLinear, "forward", lambda *given: right(*given) + 1e-3)
    assert not halving_works.__wrapped__()


def test_without_the_private_operators_only_speed_is_lost(layer: Linear, monkeypatch: pytest.MonkeyPatch):
    x, residual = torch.randn(5, 24), torch.randn(5, 40)
    packed = FrozenLinear(layer, torch.bfloat16)
    assert packed.packed == packing_works(torch.bfloat16)
    monkeypatch.setattr(linear, "packing_works", lambda dtype: False)
    plain = FrozenLinear(layer, torch.bfloat16)
    assert not plain.packed
    assert torch.allclose(plain(x, residual=residual), packed(x, residual=residual), atol=0.1, rtol=0.02)


def test_what_is_given_stays(layer: Linear):
    x, residual = torch.randn(5, 24), torch.randn(5, 40)
    before = x.clone(), residual.clone()
    for activation in ACTIVATIONS:
        FrozenLinear(layer, torch.float32)(x, activation=activation, residual=residual)
    assert torch.equal(x, before[0]) and torch.equal(residual, before[1])


def test_packing_is_refused_where_it_is_wrong(monkeypatch: pytest.MonkeyPatch):
    right = linear._packed
    monkeypatch.setattr(linear, "_packed", lambda *arguments: right(*arguments) + 1e-3)
    assert not packing_works.__wrapped__(torch.float32)


def test_float64_and_unknown_numbers_are_not_packed():
    assert not packing_works(torch.float64)


def test_bf16_counts_only_where_it_is_packed():
    assert not multiplies_bf16() or packing_works(torch.bfloat16)


def test_a_report_says_so_wherever_bf16_is_computed_in():
    assert not multiplies_bf16() or describe_machine(threads=1, device="cpu").bf16


def test_bf16_counts_only_where_the_processor_has_an_instruction_for_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"architecture": "x86_64", "avx512_f": True})
    assert not multiplies_bf16.__wrapped__()
    assert dtype_of("fp32") == torch.float32 and dtype_of("bf16", "cuda") == torch.bfloat16


def test_the_copy_is_a_snapshot(layer: Linear):
    model = nn.Sequential(layer, nn.LayerNorm(40))
    fast = for_inference(model)
    x = torch.randn(3, 24)
    before = fast(x)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, fused=True)
    model(x).square().sum().backward()
    optimizer.step()
    assert torch.equal(fast(x), before)
    assert not torch.allclose(model(x), before)
    assert isinstance(model[0], Linear) and not model[0].training
    assert not any(parameter.requires_grad for parameter in fast.parameters())
    assert for_inference(fast) is fast


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_frozen_norm_is_the_norm_in_the_kind_of_number_that_it_is_given(dtype: torch.dtype):
    norm, x = nn.LayerNorm(24, eps=1e-3), torch.randn(7, 24, generator=torch.Generator().manual_seed(0)).to(dtype)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    found = FrozenNorm(norm)(x)
    expected = F.layer_norm(x.double(), (24,), norm.weight.double(), norm.bias.double(), 1e-3)
    assert found.dtype == dtype and not found.requires_grad
    assert torch.allclose(found.double(), expected, atol=ROUNDING[dtype], rtol=ROUNDING[dtype])


def test_dropout_acts_in_training_only(layer: Linear):
    x, residual = torch.randn(200, 24), torch.zeros(200, 40)
    assert torch.equal(layer(x, dropout=0.5), layer(x))
    layer.train()
    dropped = layer(x, dropout=0.5, residual=residual)
    assert 0.4 < (dropped == 0).float().mean() < 0.6
    kept = dropped != 0
    assert torch.allclose(dropped[kept], 2 * F.linear(x, layer.weight, layer.bias)[kept])
