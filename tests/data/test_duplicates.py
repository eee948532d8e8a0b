"""Near repeats are those that comparing every pair finds."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.data.duplicates import near_repeats, normalised, repeats, shingles

TEXTS = st.lists(st.lists(st.sampled_from("abc"), max_size=9).map(" ".join), max_size=25)


def jaccard(one: frozenset, other: frozenset) -> float:
    return len(one & other) / len(one | other)


def by_comparing_all(texts: list[str], threshold: float) -> list[int]:
    kept, found = [], []
    for place, text in enumerate(texts):
        if any(jaccard(shingles(text), shingles(texts[other])) >= threshold for other in kept):
            found.append(place)
        else:
            kept.append(place)
    return found


@given(TEXTS, st.sampled_from([0.1, 0.3, 0.5, 2 / 3, 0.7, 0.75, 0.9, 1.0]))
def test_equal_to_comparing_every_pair(texts: list[str], threshold: float) -> None:
    assert near_repeats(texts, threshold=threshold) == by_comparing_all(texts, threshold)


def test_on_real_texts_equal_to_comparing_every_pair(stdlib_texts: list[str]) -> None:
    texts = stdlib_texts[:300]
    assert near_repeats(texts) == by_comparing_all(texts, 0.7)


def test_two_thousand_texts_take_less_than_two_seconds(stdlib_texts: list[str]) -> None:
    texts = (stdlib_texts * 2)[:2000]
    began = time.process_time()
    near_repeats(texts)
    assert time.process_time() - began < 2


def test_normalised() -> None:
    assert normalised("  Straße\t\nCAFE\u0301 ") == "strasse café"
    assert normalised(" \u00a0\n") == ""


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


def test_repeats() -> None:
    assert repeats("abcabd") == [3, 4]


@pytest.mark.parametrize(
    ("text", "count"), [("", 1), ("a", 1), ("a b", 1), ("a b c", 1), ("a b c d", 2), ("a a a a a", 1)]
)
def test_shingles(text: str, count: int) -> None:
    assert len(shingles(text)) == count
