"""Sentences: where they end, and that every token is in one."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.data.sentences import sentence_lengths, sentence_starts

TEXTS = st.text(st.sampled_from("ab.!? \n\"'é。"), max_size=40)


def sentences(text: str) -> list[str]:
    places = [0, *sentence_starts(text), len(text)]
    return [text[start:end].strip() for start, end in itertools.pairwise(places) if text[start:end].strip()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("It cost 3.50 today. Good.", ["It cost 3.50 today.", "Good."]),
        ("See e.g. this one, i.e. that. Then Dr. Who came.", ["See e.g. this one, i.e. that.", "Then Dr. Who came."]),
        ("(For example, i.e. this.) So J. S. Bach wrote.", ["(For example, i.e. this.)", "So J. S. Bach wrote."]),
        ('He said "no." And left...  Then?', ['He said "no."', "And left...", "Then?"]),
        ("A heading\n\nA paragraph\nof two lines", ["A heading", "A paragraph\nof two lines"]),
        ("lower case . and more ! it 's ok", ["lower case .", "and more !", "it 's ok"]),
        ("第一句。第二句！", ["第一句。", "第二句！"]),
        ("asyncio.sleep(1.5)", ["asyncio.sleep(1.5)"]),
        ("", []),
        ("   ", []),
    ],
)
def test_where_sentences_end(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@given(TEXTS, st.data())
def test_every_token_is_in_one_sentence(text: str, data: st.DataObject) -> None:
    places = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=12)))
    offsets = list(itertools.pairwise(places))
    lengths = sentence_lengths(text, offsets)
    assert sum(lengths) == len(offsets)
    assert all(length > 0 for length in lengths)
    starts = sentence_starts(text)
    by_counting = [sum(place <= start for place in starts) for start, _ in offsets]
    assert lengths == tuple(by_counting.count(number) for number in sorted(set(by_counting)))


def test_tokens_without_characters_go_with_their_neighbours() -> None:
    text = "One two. Three."
    offsets = [(0, 0), (0, 3), (4, 7), (7, 8), (9, 14), (14, 15), (0, 0)]
    assert sentence_lengths(text, offsets) == (4, 3)
    assert sentence_lengths(text, [(0, 0), (0, 0)]) == (2,)
    assert sentence_lengths(text, []) == ()


@pytest.mark.parametrize("piece", [".", "a", " ", "\n", "...'", "a. ", "\n ", ".'", "e.g. "])
def test_the_time_is_linear_in_the_text(piece: str) -> None:
    text = piece * (500_000 // len(piece))
    began = time.process_time()
    sentence_starts(text)
    assert time.process_time() - began < 2
