"""Segment by segment with a memory against the whole text at once with a mask."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from headwork.attention.memory.recurrence import Recurrence

B, D = 2, 3


def states(length: int, seed: int = 0) -> Tensor:
    return torch.randn(B, length, D, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def attend(hidden: Tensor, context: Tensor, mask: Tensor) -> Tensor:
    """One layer: queries from `hidden`, keys and values from `context`."""
    query, key, value = torch.randn(3, D, D, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    return F.scaled_dot_product_attention(hidden @ query, context @ key, context @ value, attn_mask=mask)


def lower_right(queries: int, keys: int) -> Tensor:
    return torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries)


@given(lengths=st.lists(st.integers(1, 5), min_size=1, max_size=6), kept=st.integers(0, 7))
def test_segments_with_memory_are_the_whole_text_with_a_band(lengths, kept):
    memory, text = Recurrence(kept), states(sum(lengths))
    state, outputs, allowed, start = None, [], [], 0
    for hidden in text.split(lengths, 1):
        context = memory.recall(state, hidden)
        outputs.append(attend(hidden, context, lower_right(hidden.shape[1], context.shape[1])))
        state = memory.remember(state, hidden)
        allowed += [range(max(start - kept, 0), place + 1) for place in range(start, start + hidden.shape[1])]
        start += hidden.shape[1]
    band = torch.tensor([[key in keys for key in range(start)] for keys in allowed])
    torch.testing.assert_close(torch.cat(outputs, 1), attend(text, text, band), rtol=0, atol=1e-12)


def test_the_last_states_are_kept_without_gradient():
    memory, text = Recurrence(3), states(7).requires_grad_()
    state = memory.remember(memory.remember(None, text[:, :2]), text[:, 2:4])
    assert torch.equal(state, text[:, 1:4])
    assert not state.requires_grad
    assert torch.equal(memory.remember(state, text[:, 4:]), text[:, 4:])
    assert memory.remember(None, text[:, :2]).shape == (B, 2, D)
    memory.recall(state, text[:, 4:]).sum().backward()
    assert text.grad is not None
    assert text.grad[:, :4].abs().sum() == 0
    assert (text.grad[:, 4:] == 1).all()


@pytest.mark.parametrize("kept", [0, 2, 9])
def test_a_state_shares_nothing_with_its_sources(kept):
    memory, hidden = Recurrence(kept), states(5)
    state = memory.remember(None, hidden)
    assert state.untyped_storage().nbytes() == state.numel() * 8
    before = state.clone()
    hidden.zero_()
    assert torch.equal(state, before)


def test_two_streams_do_not_mix():
    memory = Recurrence(4)
    one, other = memory.remember(None, states(2, 1)), memory.remember(None, states(2, 2))
    assert torch.equal(memory.remember(one, states(1, 3))[:, :2], states(2, 1))
    assert torch.equal(memory.remember(other, states(1, 3))[:, :2], states(2, 2))
