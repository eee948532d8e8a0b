"""Pooling against a loop over texts."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headwork.layers.pooling import POOLINGS, segment_max, shares, winners

WIDTH = 4
CLOSED = {"mean": lambda text: text.mean(0), "max": lambda text: text.amax(0), "last": lambda text: text[-1]}
lengths_of_texts = st.lists(st.integers(0, 5), min_size=1, max_size=6)


def tokens(lengths: list[int], seed: int = 0) -> torch.Tensor:
    return torch.randn(sum(lengths), WIDTH, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("kind", POOLINGS)
@given(lengths=lengths_of_texts)
@settings(max_examples=40, deadline=None)
def test_every_pooling_is_done_text_by_text(kind, lengths):
    torch.manual_seed(0)
    pool, packed = POOLINGS[kind](WIDTH, hidden=3).double(), tokens(lengths)
    pooled, given = pool(packed, lengths), pool.shares(packed, lengths)
    assert pooled.shape == (len(lengths), WIDTH)
    for text, vector, weights in zip(packed.split(lengths), pooled, given.split(lengths), strict=True):
        torch.testing.assert_close(vector, pool(text, [len(text)])[0], rtol=0, atol=1e-12)
        torch.testing.assert_close(weights, pool.shares(text, [len(text)]), rtol=0, atol=1e-12)
        assert (weights >= 0).all()
        assert weights.sum().item() == pytest.approx(float(len(text) > 0))
        if not len(text):
            assert not vector.any()
        elif kind in CLOSED:
            torch.testing.assert_close(vector, CLOSED[kind](text), rtol=0, atol=1e-12)


@pytest.mark.row("AT24")
@given(lengths=lengths_of_texts, hidden=st.sampled_from([None, 3]))
@settings(max_examples=40, deadline=None)
def test_mean_is_attention_with_a_zero_context_vector_to_the_bit(lengths, hidden):
    attend, packed = POOLINGS["attention"](WIDTH, hidden=hidden).double(), tokens(lengths)
    torch.nn.init.zeros_(attend.context)
    mean = POOLINGS["mean"](WIDTH)
    assert torch.equal(attend(packed, lengths), mean(packed, lengths))
    assert torch.equal(attend.shares(packed, lengths), mean.shares(packed, lengths))


def test_a_share_of_the_maximum_is_the_part_of_the_dimensions_won():
    packed = torch.tensor([[3.0, 0.0, 1.0, 1.0], [1.0, 2.0, 1.0, 0.0], [2.0, 2.0, 0.0, 0.0]])
    weights = POOLINGS["max"](WIDTH).shares(packed, [3])
    torch.testing.assert_close(weights, torch.tensor([1 + 0 + 1 / 2 + 1, 1 / 2 + 1 / 2, 1 / 2]) / 4)


def test_winners_are_told_apart_between_texts():
    packed = torch.tensor([[5.0], [1.0], [2.0]])
    largest = segment_max(packed, [1, 2])
    assert largest.tolist() == [[5.0], [2.0]]
    assert winners(packed, largest, [1, 2]).tolist() == [[1.0], [0.0], [1.0]]


@pytest.mark.parametrize("kind", POOLINGS)
def test_gradients(kind):
    torch.manual_seed(0)
    pool, lengths = POOLINGS[kind](WIDTH, hidden=3).double(), [3, 0, 2]
    assert torch.autograd.gradcheck(lambda packed: pool(packed, lengths), tokens(lengths).requires_grad_())


def test_shares_of_a_text_without_evidence_are_equal():
    values = torch.tensor([0.0, 0.0, 3.0, 1.0, 1e-40])
    torch.testing.assert_close(
        shares(values, [2, 0, 2, 1]), torch.tensor([0.5, 0.5, 0.75, 0.25, 1.0]), atol=1e-2, rtol=0
    )
    assert shares(values, [2, 0, 2, 1]).isfinite().all()
