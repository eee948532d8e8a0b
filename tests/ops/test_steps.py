"""The layout of steps against a loop."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from headwork.ops.steps import one_step_before, steps_of

lengths_of_texts = st.lists(st.integers(0, 5), min_size=1, max_size=6).filter(any)


@given(lengths=lengths_of_texts)
def test_rows_are_the_tokens_step_after_step(lengths):
    texts = torch.arange(sum(lengths)).split(lengths)
    longest_first = sorted(texts, key=len, reverse=True)
    forward, backward, sizes = [], [], []
    for step in range(max(lengths)):
        there = [text for text in longest_first if len(text) > step]
        forward += [int(text[step]) for text in there]
        backward += [int(text[-1 - step]) for text in there]
        sizes.append(len(there))
    steps = steps_of(lengths)
    assert steps.places.tolist() == [forward, backward]
    assert steps.sizes == tuple(sizes)


@given(lengths=lengths_of_texts)
def test_one_step_before_is_the_same_text_one_step_ago(lengths):
    steps = steps_of(lengths)
    rows = steps.places[..., None].double() + 1
    before = one_step_before(rows, steps.sizes)[..., 0]
    ends = torch.tensor(lengths).cumsum(0).tolist()
    starts = {end - length for length, end in zip(lengths, ends, strict=True) if length}
    last = {end - 1 for length, end in zip(lengths, ends, strict=True) if length}
    for place, found in zip(steps.places[0].tolist(), before[0].tolist(), strict=True):
        assert found == (0 if place in starts else place)
    for place, found in zip(steps.places[1].tolist(), before[1].tolist(), strict=True):
        assert found == (0 if place in last else place + 2)
