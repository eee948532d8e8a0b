"""The best span against all spans, and windows that cover a passage, each token where most is shown around it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.tasks.span_decoding import best_span, cut_windows, owned


@st.composite
def cases(draw):
    width = draw(st.integers(1, 9))
    low = draw(st.integers(0, width))
    own = (low, draw(st.integers(low, width)))
    # whole numbers, so that there are ties
    cells = st.integers(-3, 3).map(float)
    logits = np.array(draw(st.lists(st.tuples(cells, cells), min_size=1 + width, max_size=1 + width)))
    return logits, draw(st.integers(1, 12)), own


@pytest.mark.row("BE11")
@given(cases())
def test_the_best_span_is_the_best_of_all(case):
    logits, longest, own = case
    spans = [
        (logits[1 + i, 0] + logits[1 + j, 1] - logits[0].sum(), -i, -j)
        for i in range(*own)
        for j in range(i, min(i + longest, len(logits) - 1))
    ]
    found = best_span(logits, longest=longest, own=own)
    if not spans:
        assert found is None
        return
    score, first, last = max(spans)
    assert found is not None and tuple(found) == (-first, -last, score)


@pytest.mark.row("BE11")
@given(st.integers(0, 60), st.integers(1, 20), st.data())
def test_windows_cover_the_passage_and_each_token_has_one_owner(tokens, room, data):
    stride = data.draw(st.integers(1, room))
    cut = cut_windows(tokens, room, stride)
    assert {t for first, end in cut for t in range(first, end)} == set(range(tokens))
    assert all(0 < end - first <= room for first, end in cut)
    assert [first for first, _ in cut] == [stride * place for place in range(len(cut))]
    windows = owned(cut)
    owners = [place for place, window in enumerate(windows) for _ in range(*window.own)]
    assert len(owners) == tokens and [t for window in windows for t in range(*window.own)] == list(range(tokens))
    for t, owner in enumerate(owners):
        context = [min(t - a, b - 1 - t) + 0.01 * (b - a) if a <= t < b else -1 for a, b in cut]
        assert context[owner] == max(context)


def test_of_chosen_windows_too_each_token_has_one_owner():
    windows = owned([(0, 10), (15, 25), (20, 30)])
    assert [window.own for window in windows] == [(0, 10), (15, 23), (23, 30)]
    assert owned([]) == []


def test_a_passage_that_fits_is_one_window():
    assert cut_windows(50, 50, 20) == [(0, 50)] and cut_windows(51, 50, 20) == [(0, 50), (20, 51)]
