"""Marks around what a text is asked about: they come off again, and no text forges them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.about import CLOSE, OPEN, bare, marked, places_of, shown

TEXTS = st.text(f"ab {OPEN}{CLOSE}א.", max_size=20)


@given(TEXTS, st.lists(st.integers(0, 20), max_size=6, unique=True))
def test_what_is_marked_comes_back_and_nothing_is_forged(text, edges):
    edges = sorted(edge for edge in edges if edge <= len(text))
    places = list(zip(edges[::2], edges[1::2], strict=False))
    whole = marked(text, places)
    assert whole.count(OPEN) == whole.count(CLOSE) == len(places)
    found = bare(whole)
    assert found.places == places
    assert found.text == text.replace(OPEN, "\ufffd").replace(CLOSE, "\ufffd")


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("Acme met Acmeland and Acme.", "Acme", ["Acme", "Acme"]),
        ("ACME rose", "Acme", ["ACME"]),
        ("Acme met ACME", "Acme", ["Acme"]),
        ("הוא גר בישראל", "ישראל", ["ישראל"]),
        ("a (b) c", "(b)", ["(b)"]),
        ("nothing here", "Acme", []),
    ],
)
def test_a_name_is_found_as_words_before_it_is_found_within_them(text, name, found):
    assert [text[start:end] for start, end in places_of(text, name)] == found


def test_people_see_brackets():
    assert shown(marked("A rose", [(0, 1)])) == "⟦A⟧ rose"
