"""Nearest pairs against a search by hand, pair by pair."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from headwork.attention.memory import Nearest
from headwork.attention.scopes import Document
from headwork.base.errors import HeadworkError

B, H, D, E, L = 2, 2, 4, 5, 13


def vectors(width: int, seed: int) -> Tensor:
    return torch.randn(B, H, L, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


QUERY, KEY, VALUE, NEAR = vectors(D, 0), vectors(D, 1), vectors(E, 2), vectors(E, 3)


def nearest(**settings: int) -> Nearest:
    memory = Nearest(H, **settings).double()
    torch.nn.init.normal_(memory.bias, generator=torch.Generator().manual_seed(4))
    return memory


def read(memory: Nearest, lengths: list[int], documents: Tensor | None = None) -> Tensor:
    """All queries, segment by segment."""
    state, found, start = None, [], 0
    for length in lengths:
        here = slice(start, start + length)
        pairs = memory.recall(state, KEY[:, :, here], VALUE[:, :, here])
        apart = None
        if documents is not None:
            first = start + length - pairs.key.shape[2]
            apart = Document(documents[:, first : start + length], documents[:, here])
        found.append(memory(NEAR[:, :, here], QUERY[:, :, here], pairs, apart=apart))
        state = memory.remember(pairs)
        start += length
    return torch.cat(found, 2)


def by_hand(memory: Nearest, *, length: int, k: int, beyond: int, documents: Tensor | None = None) -> Tensor:
    found = NEAR.clone()
    for b in range(B):
        for h in range(H):
            gate = 1 / (1 + math.exp(-memory.bias[h].item()))
            for i in range(L):
                older = [j for j in range(L) if beyond < i - j <= beyond + length]
                older = [j for j in older if documents is None or documents[b, i] == documents[b, j]]
                scores = {j: (QUERY[b, h, i] @ KEY[b, h, j]).item() for j in older}
                best = sorted(scores, key=lambda j: -scores[j])[:k]
                if not best:
                    continue
                shares = torch.tensor([scores[j] for j in best], dtype=torch.float64) / math.sqrt(D)
                mixed = sum(share * VALUE[b, h, j] for share, j in zip(shares.softmax(0), best, strict=True))
                found[b, h, i] = (1 - gate) * NEAR[b, h, i] + gate * mixed
    return found


@pytest.mark.row("LC18")
@settings(max_examples=15)
@given(
    cuts=st.sets(st.integers(1, L - 1), max_size=6),
    length=st.integers(1, 15),
    k=st.integers(1, 6),
    beyond=st.integers(0, 6),
)
def test_any_segments_give_what_a_search_by_hand_gives(cuts, length, k, beyond):
    memory = nearest(length=length, k=k, beyond=beyond)
    ends = [0, *sorted(cuts), L]
    lengths = [end - start for start, end in itertools.pairwise(ends)]
    expected = by_hand(memory, length=length, k=k, beyond=beyond)
    torch.testing.assert_close(read(memory, lengths), expected, rtol=0, atol=1e-12)


@pytest.mark.row("LC18")
def test_documents_are_kept_apart():
    documents = torch.tensor([[0] * 5 + [1] * 8, [0] * 3 + [1] * 2 + [2] * 8])
    settings = {"length": 9, "k": 2, "beyond": 1}
    memory = nearest(**settings)
    expected = by_hand(memory, **settings, documents=documents)
    torch.testing.assert_close(read(memory, [4, 4, 5], documents), expected, rtol=0, atol=1e-12)


@pytest.mark.row("LC18")
def test_a_closed_gate_and_a_text_without_a_past_change_no_bit():
    closed = nearest(length=9)
    torch.nn.init.constant_(closed.bias, -torch.inf)
    assert torch.equal(read(closed, [6, 7]), NEAR)
    assert torch.equal(read(nearest(length=9, beyond=L), [6, 7]), NEAR)


def test_pairs_have_no_gradient_and_queries_and_gates_have():
    memory = nearest(length=9, k=2)
    query, key, value = (x.clone().requires_grad_() for x in (QUERY, KEY, VALUE))
    memory(NEAR, query, memory.recall(None, key, value)).sum().backward()
    assert key.grad is None and value.grad is None
    assert query.grad is not None and query.grad.any() and memory.bias.grad is not None and memory.bias.grad.all()


def test_the_state_is_bounded_and_shares_nothing_with_its_sources():
    memory = nearest(length=3, beyond=2)
    state = memory.remember(memory.recall(None, KEY, VALUE))
    assert torch.equal(state.key, KEY[:, :, -5:]) and torch.equal(state.value, VALUE[:, :, -5:])
    assert state.key.untyped_storage().nbytes() == state.key.numel() * 8
    assert memory.remember(memory.recall(None, KEY[:, :, :2], VALUE[:, :, :2])).key.shape[2] == 2


@pytest.mark.parametrize("bad", [{"length": 0}, {"length": 3, "beyond": -1}, {"length": 3, "k": 0}])
def test_impossible_settings_are_refused(bad):
    with pytest.raises(HeadworkError, match="at least"):
        Nearest(2, **bad)
