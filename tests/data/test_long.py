"""What is read of a long text: nothing twice but the stride, nothing left out that is not told."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.data.long import WAYS, evenly, pieces


@st.composite
def long_texts(draw) -> tuple[int, int, int]:
    """(tokens, room, stride) with more tokens than room."""
    room = draw(st.integers(1, 300))
    return draw(st.integers(room + 1, 5000)), room, draw(st.integers(0, (room - 1) // 2))


@given(long_texts())
def test_windows_cover_the_text_and_share_the_stride(text: tuple[int, int, int]):
    tokens, room, stride = text
    found = pieces("windows", tokens, room, stride)
    assert sorted({place for piece in found for place in piece}) == list(range(tokens))
    assert all(len(set(one) & set(other)) == stride for one, other in pairwise(found))
    assert found[0][0] == 0 and all(one[0] < other[0] for one, other in pairwise(found))


@given(long_texts())
def test_windows_are_as_few_as_fit_and_of_one_length(text: tuple[int, int, int]):
    tokens, room, stride = text
    sizes = [len(piece) for piece in pieces("windows", tokens, room, stride)]
    assert max(sizes) <= room and max(sizes) - min(sizes) <= 1
    one_less = (len(sizes) - 1) * room - max(0, len(sizes) - 2) * stride
    assert one_less < tokens, "one window less would have held the text"


@given(long_texts())
def test_head_and_tail_fill_the_room(text: tuple[int, int, int]):
    tokens, room, stride = text
    [found] = pieces("head-tail", tokens, room, stride)
    head = sum(place < room for place in found) if tokens >= 2 * room else round(room / 4)
    assert len(found) == len(set(found)) == room
    assert list(found[:head]) == list(range(head))
    assert list(found[head:]) == list(range(tokens - room + head, tokens))
    assert abs(head - room / 4) <= 0.5


def test_head_and_tail_of_the_published_size():
    [found] = pieces("head-tail", 2000, 510, 0)
    assert list(found) == [*range(128), *range(2000 - 382, 2000)]


def test_cut_keeps_the_head():
    assert [list(piece) for piece in pieces("cut", 9, 4, 0)] == [[0, 1, 2, 3]]


@pytest.mark.parametrize("way", WAYS)
@given(st.integers(0, 50), st.integers(0, 10))
def test_what_fits_is_read_in_one_piece(way, tokens: int, spare: int):
    assert [list(piece) for piece in pieces(way, tokens, tokens + spare, 0)] == [list(range(tokens))]


@given(st.integers(0, 60), st.integers(1, 20))
def test_evenly_from_the_first_to_the_last(many: int, most: int):
    found = evenly(list(range(many)), most)
    assert len(found) == min(many, most) == len(set(found))
    if many > most > 1:
        assert found[0] == 0 and found[-1] == many - 1
        steps = [other - one for one, other in pairwise(found)]
        assert max(steps) - min(steps) <= 1
