"""Packed attention against torch's own modules, text by text and kernel by kernel."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from headwork.ops import dot_attention
from headwork.ops.dot_attention import attend, attention_maps
from headwork.ops.packed import rows_of

HEADS = 3
LENGTHS = (4, 4, 1, 0, 7, 2, 2, 2, 0)


@pytest.fixture
def qkv() -> Tensor:
    torch.manual_seed(0)
    return torch.randn(sum(LENGTHS), 3 * 12, dtype=torch.float64)


def by_mask(qkv: Tensor, causal: bool) -> Tensor:
    """The definition: one attention over all tokens, with a mask that keeps the texts apart."""
    rows = rows_of(LENGTHS)
    allowed = rows[:, None] == rows
    if causal:
        allowed = allowed.tril()
    query, key, value = (x.unflatten(1, (HEADS, -1)).transpose(0, 1) for x in qkv.chunk(3, dim=1))
    scores = query @ key.transpose(1, 2) / (12 / HEADS) ** 0.5
    shares = scores.masked_fill(~allowed, -torch.inf).softmax(-1)
    return (shares @ value).transpose(0, 1).flatten(1)


@pytest.mark.row("TR06")
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("fused_from", [0, 5, 1000])
def test_runs_equal_one_masked_attention(qkv: Tensor, causal: bool, fused_from: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(dot_attention.FUSED_FROM, torch.float64, fused_from)
    assert torch.allclose(attend(qkv, LENGTHS, heads=HEADS, causal=causal), by_mask(qkv, causal), atol=1e-14)


@pytest.mark.parametrize("fused_from", [0, 1000])
def test_gradients_equal_those_of_the_definition(qkv: Tensor, fused_from: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(dot_attention.FUSED_FROM, torch.float64, fused_from)
    upstream = torch.randn(sum(LENGTHS), 12, dtype=torch.float64)
    gradients = []
    for function in (lambda x: attend(x, LENGTHS, heads=HEADS), lambda x: by_mask(x, causal=False)):
        x = qkv.clone().requires_grad_()
        function(x).backward(upstream)
        gradients.append(x.grad)
    assert torch.allclose(*gradients, atol=1e-13)


@pytest.mark.row("TR06")
@pytest.mark.parametrize("causal", [False, True])
def test_a_changed_token_reaches_its_own_text_only(qkv: Tensor, causal: bool):
    changed = qkv.clone()
    changed[10] += 1.0  # the second token of the text of 7, which is tokens 9 to 15
    moved = (
        attend(qkv, LENGTHS, heads=HEADS, causal=causal) != attend(changed, LENGTHS, heads=HEADS, causal=causal)
    ).any(1)
    reached = torch.zeros(sum(LENGTHS), dtype=torch.bool)
    reached[10 if causal else 9 : 16] = True
    assert torch.equal(moved, reached)


def test_maps_give_the_output(qkv: Tensor):
    maps = attention_maps(qkv, LENGTHS, heads=HEADS)
    filled = [length for length in LENGTHS if length]
    assert [tuple(one.shape) for one in maps] == [(HEADS, length, length) for length in filled]
    values = qkv[:, 24:].unflatten(1, (HEADS, -1)).split(filled)
    mixed = torch.cat([torch.einsum("hqk,khd->qhd", one, v).flatten(1) for one, v in zip(maps, values, strict=True)])
    assert torch.allclose(mixed, attend(qkv, LENGTHS, heads=HEADS), atol=1e-14)
    assert all(torch.allclose(one.sum(-1), torch.ones(())) for one in (m.float() for m in maps))


def test_no_tokens_at_all():
    empty = torch.zeros(0, 36)
    assert attend(empty, (0, 0), heads=HEADS).shape == (0, 12)
    assert attend(empty, (), heads=HEADS).shape == (0, 12)
    assert attention_maps(empty, (0, 0), heads=HEADS) == []


def test_dropout_keeps_the_mean(qkv: Tensor):
    torch.manual_seed(1)
    long = torch.randn(1, 3 * 12).expand(400, -1).float()
    dropped = attend(long, (400,), heads=HEADS, dropout=0.5)
    assert not torch.allclose(dropped, attend(long, (400,), heads=HEADS), rtol=1e-3)
    assert torch.allclose(dropped.mean(0), attend(long, (400,), heads=HEADS)[0], rtol=0.02)


@pytest.mark.parametrize("length", [127, 128])
def test_float32_agrees_across_the_change_of_kernel(length: int):
    x = torch.randn(length, 36, requires_grad=True)
    query, key, value = (y.unflatten(1, (HEADS, -1)).transpose(0, 1) for y in x.chunk(3, dim=1))
    expected = F.scaled_dot_product_attention(query, key, value).transpose(0, 1).flatten(1)
    assert torch.allclose(attend(x, (length,), heads=HEADS), expected, atol=2e-6)
