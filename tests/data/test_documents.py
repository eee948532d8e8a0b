"""Own texts as passages whose characters are those of their file."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.errors import HeadworkError
from headwork.data.documents import SHORTEST, cut, passages_of


@given(
    st.lists(
        st.sampled_from(["a" * 300, "b" * 900, "é👩‍👧 ", "\n\n", "\n \t\n", "\r\n\r\n", "  ", "\n", ""]), max_size=12
    )
)
def test_passages_hold_all_words_once_in_order(pieces):
    text = "".join(pieces)
    spans = cut(text)
    shown = "".join(text[a:b] for a, b in spans)
    assert "".join(shown.split()) == "".join(text.split())
    assert all(a < b for a, b in spans) and all(x[1] <= y[0] for x, y in pairwise(spans))
    assert all(text[a:b] == text[a:b].strip() for a, b in spans)


def test_short_paragraphs_go_together_and_long_ones_stand_alone():
    heading, body = "A heading", "word " * 100
    text = f"{heading}\n\n{body}\n\n{body}\n\nshort\n"
    assert [text[a:b] for a, b in cut(text)] == [f"{heading}\n\n{body}".strip(), body.strip(), "short"]
    assert len(body) > SHORTEST


def test_files_are_found_and_named(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "b.txt").write_text("\ufeffzwei Füße\r\n", newline="")
    (tmp_path / "deep" / "a.md").write_text("one\n")
    (tmp_path / "no.pdf").write_bytes(b"%PDF \xff")
    found = passages_of(tmp_path)
    assert [(each.text.strip("\ufeff"), each.file) for each in found] == [
        ("zwei Füße", str(tmp_path / "b.txt")),
        ("one", str(tmp_path / "deep" / "a.md")),
    ]
    for each in found:
        whole = (tmp_path / each.file).read_bytes().decode()
        assert whole[each.start : each.start + len(each.text)] == each.text
    assert passages_of(tmp_path / "b.txt") == found[:1]


def test_a_folder_without_texts_is_refused(tmp_path):
    with pytest.raises(HeadworkError, match="no texts in it"):
        passages_of(tmp_path)
    with pytest.raises(HeadworkError, match="no such folder"):
        passages_of(tmp_path / "nothing")
    (tmp_path / "bad.txt").write_bytes(b"\xff")
    with pytest.raises(HeadworkError, match="not UTF-8"):
        passages_of(tmp_path)
