"""What a reader sees of a user's text hides nothing."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from headwork.report.text import cut, quoted, visible


def test_direction_and_control_characters_are_written_out():
    assert visible("a\u202eb\x00c\u2028d\ud800") == "a[U+202E]b[U+0000]c[U+2028]d[U+D800]"


def test_what_a_reader_needs_stays():
    family, persian, hebrew = "👨\u200d👩\u200d👧", "می\u200cخواهم", "שלום עולם"
    for text in (family, persian, hebrew, "two\nlines\tand a tab", "naïve"):
        assert visible(text) == text


def test_windows_line_ends_are_line_ends():
    assert visible("a\r\nb\rc") == "a\nb[U+000D]c"


@given(st.text())
def test_nothing_invisible_is_left(text):
    left = {unicodedata.category(character) for character in visible(text) if character not in "\n\t\u200c\u200d"}
    assert not left & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert visible(visible(text)) == visible(text)
    visible(text).encode()


@given(st.text(), st.integers(1, 50))
def test_a_cut_text_is_a_beginning(text, limit):
    shown = cut(text, characters=limit)
    if len(text) <= limit:
        assert shown == text
    else:
        assert shown.endswith(" …") and text.startswith(shown[:-2]) and len(shown) <= limit + 2


def test_a_cut_falls_between_words_where_it_can():
    assert cut("word " * 100, characters=12) == "word word …"
    assert quoted("x" * 400) == "x" * 300 + " …"
