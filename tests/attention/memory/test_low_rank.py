"""Low-rank keys against full attention, and what they cannot do."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from headwork.attention.memory.low_rank import LowRank
from headwork.base.errors import HeadworkError

B, H, L, D = 2, 3, 6, 4


def inputs(length: int = L) -> Tensor:
    return torch.randn(3, B, H, length, D, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def memory(rank: int) -> LowRank:
    torch.manual_seed(0)
    return LowRank(L, rank).double()


@pytest.mark.row("LC25")
def test_the_identity_is_full_attention():
    low, (query, key, value) = memory(L), inputs()
    for matrix in (low.E, low.F):
        torch.nn.init.eye_(matrix)
    output = F.scaled_dot_product_attention(query, *low.shorten(key, value))
    torch.testing.assert_close(output, F.scaled_dot_product_attention(query, key, value), rtol=0, atol=1e-12)


@pytest.mark.row("LC25")
def test_a_full_rank_change_of_keys_is_the_formula():
    low, (query, key, value) = memory(2), inputs()
    output = F.scaled_dot_product_attention(query, *low.shorten(key, value))
    for text, head in ((0, 0), (1, 2)):
        scores = query[text, head] @ (low.E @ key[text, head]).T / D**0.5
        torch.testing.assert_close(output[text, head], scores.softmax(1) @ (low.F @ value[text, head]))


@pytest.mark.row("LC25")
def test_gradients_reach_both_matrices():
    low, (query, key, value) = memory(2), inputs()
    F.scaled_dot_product_attention(query, *low.shorten(key, value)).square().sum().backward()
    for matrix in (low.E, low.F):
        assert matrix.grad is not None
        assert (matrix.grad.abs() > 0).all()


def test_a_shorter_text_uses_the_first_columns_padded_or_not():
    low, (_, key, value) = memory(2), inputs(4)
    short = low.shorten(key, value)
    torch.testing.assert_close(short.key, low.E[:, :4] @ key)
    torch.testing.assert_close(short.value, low.F[:, :4] @ value)
    mask = (torch.arange(L) < 4).expand(B, L)
    padded = low.shorten(*(F.pad(part, (0, 0, 0, 2), value=torch.nan) for part in (key, value)), mask)
    torch.testing.assert_close(padded, short)


def test_mixtures_keep_lengths_on_average():
    torch.manual_seed(0)
    key = torch.randn(1, 1, 50, 3)
    mixed = [LowRank(50, 8).shorten(key, key).key.square().sum() for _ in range(300)]
    assert abs(torch.stack(mixed).mean() / key.square().sum() - 1) < 0.05


@pytest.mark.row("LC25")
@pytest.mark.parametrize(("length", "causal", "words"), [(L, True, "causal attention"), (L + 1, False, "7 tokens")])
def test_refusals_take_one_line(length, causal, words):
    with pytest.raises(HeadworkError, match=words) as refusal:
        memory(2).shorten(*inputs(length)[1:], causal=causal)
    assert "\n" not in str(refusal.value)
