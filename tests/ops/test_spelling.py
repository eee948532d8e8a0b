"""Words as bytes between marks."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from headwork.ops.spelling import (
    CHARACTERS,
    CLOSING,
    FILL,
    OPENING,
    SENTENCE_ENDS,
    WORD_BEGINS,
    WORD_ENDS,
    spelling,
    spelt,
)


def test_a_short_word_is_filled_up_and_a_long_one_is_cut():
    assert spelt([spelling("aé"), spelling("abcdefgh"), CLOSING], 6).tolist() == [
        [WORD_BEGINS, 97, 0xC3, 0xA9, WORD_ENDS, FILL],
        [WORD_BEGINS, 97, 98, 99, 100, WORD_ENDS],
        [WORD_BEGINS, SENTENCE_ENDS, WORD_ENDS, FILL, FILL, FILL],
    ]


def test_no_words():
    found = spelt([], 6)
    assert found.shape == (0, 6) and found.dtype == torch.int64


@given(st.text(st.characters(), max_size=30))
def test_a_word_comes_back_from_its_bytes_and_is_never_a_mark(word: str):
    row = spelt([spelling(word)], 130)[0].tolist()
    end = row.index(WORD_ENDS)
    assert row[0] == WORD_BEGINS and set(row[end + 1 :]) <= {FILL} and max(row) < CHARACTERS
    assert bytes(row[1:end]).decode() == word.encode("utf-8", "ignore").decode()
    assert spelling(word) not in (OPENING, CLOSING)
