"""Packed batches: pad and unpad undo each other, and what is computed by segments equals the loop over texts."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headwork.ops.packed import (
    TokenBatch,
    equal_length_runs,
    mask_of,
    pack,
    pad,
    places_of,
    rows_of,
    segment_first,
    segment_mean,
    unpad,
)

lengths_of_texts = st.lists(st.integers(0, 5), max_size=8)


@settings(deadline=None)
@given(lengths_of_texts)
def test_unpad_undoes_pad(lengths: list[int]):
    packed = torch.arange(sum(lengths) * 2.0).view(-1, 2)
    if lengths:
        padded = pad(packed, lengths, fill=-1)
        assert padded.shape == (len(lengths), max(lengths), 2)
        assert torch.equal(unpad(padded, lengths), packed)
        assert (padded[~mask_of(lengths)] == -1).all()


@settings(deadline=None)
@given(lengths_of_texts)
def test_segments_equal_the_loop(lengths: list[int]):
    texts = [torch.randn(length, 3, dtype=torch.float64) for length in lengths]
    packed = torch.cat([*texts, torch.zeros(0, 3, dtype=torch.float64)])
    zeros = torch.zeros(3, dtype=torch.float64)
    for found, expected in (
        (segment_mean(packed, lengths), [text.mean(0) if len(text) else zeros for text in texts]),
        (segment_first(packed, lengths), [text[0] if len(text) else zeros for text in texts]),
    ):
        assert found.shape == (len(lengths), 3)
        assert all(torch.allclose(one, other, atol=1e-15) for one, other in zip(found, expected, strict=True))


@settings(deadline=None)
@given(lengths_of_texts)
def test_rows_and_places_count_through_the_texts(lengths: list[int]):
    pairs = [(row, place) for row, length in enumerate(lengths) for place in range(length)]
    assert list(zip(rows_of(lengths).tolist(), places_of(lengths).tolist(), strict=True)) == pairs


@settings(deadline=None)
@given(lengths_of_texts)
def test_runs_cover_every_token_once_and_neighbours_differ(lengths: list[int]):
    runs = list(equal_length_runs(lengths))
    covered = [token for start, texts, length in runs for token in range(start, start + texts * length)]
    assert covered == list(range(sum(lengths)))
    assert [length for _, texts, length in runs for _ in range(texts)] == [length for length in lengths if length]


def test_pack_and_padded():
    batch = pack([[5, 6], [], [7]], [[2], [], [1]])
    assert batch.lengths == (2, 0, 1)
    assert batch.sentences == ((2,), (), (1,))
    ids, mask = batch.padded(fill=9)
    assert ids.tolist() == [[5, 6], [9, 9], [7, 9]]
    assert mask.tolist() == [[True, True], [False, False], [True, False]]
    moved = batch.to("cpu")
    assert torch.equal(moved.ids, batch.ids) and moved.lengths == batch.lengths


def test_an_empty_batch():
    batch = pack([])
    assert batch.ids.dtype == torch.int64
    assert segment_mean(torch.zeros(0, 3), batch.lengths).shape == (0, 3)


@pytest.mark.parametrize("segment", [segment_mean, segment_first])
def test_gradients_reach_the_tokens(segment):
    packed = torch.randn(4, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: segment(x, (1, 0, 3)), packed)


def test_a_batch_cannot_be_changed():
    with pytest.raises(AttributeError):
        TokenBatch(torch.zeros(0), ()).lengths = (1,)  # type: ignore[misc]
