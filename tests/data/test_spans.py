"""Texts with spans to words with tags, and back to the same characters."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS
from headwork.base.tag import entities_of
from headwork.data.spans import read_spans
from headwork.data.words import places_of_words

TEXT = "Ada Lovelace lived in London (1815-1852)."


def read(tmp_path: Path, *rows: object, tagged: bool = True):
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return read_spans(path, DEFAULT_LIMITS, tagged=tagged)


@pytest.mark.parametrize("spans", [[[0, 12, "who"], [22, 28, "where"], [30, 34, "year"]], [], [[30, 39, "years"]]])
def test_spans_come_back_as_they_were(tmp_path, spans):
    as_objects = [dict(zip(("start", "end", "label"), span, strict=True)) for span in spans]
    for written in (spans[::-1], as_objects):
        (found,), widened = read(tmp_path, {"text": TEXT, "spans": written})
        assert found.text == TEXT and widened == 0
        entities = entities_of(found.tags)
        assert [[found.places[e.start][0], found.places[e.end - 1][1], e.label] for e in entities] == spans


def test_a_span_within_a_word_is_widened_and_counted(tmp_path):
    (found,), widened = read(tmp_path, {"text": "unhappy man", "spans": [[2, 7, "mood"]]})
    assert found.tags == ("B-mood", "O") and widened == 1


def test_what_is_asked_may_have_no_spans(tmp_path):
    (found,), _ = read(tmp_path, {"text": "Ada", "else": 1}, tagged=False)
    assert found.words == ("Ada",) and found.tags == ()


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            {"text": TEXT, "spans": [[0, 5, "a"], [4, 9, "b"]]},
            r"line 2: the spans \[0, 5, 'a'\] and \[4, 9, 'b'\] overlap",
        ),
        ({"text": TEXT, "spans": [[0, 99, "a"]]}, r"line 2: the span \[0, 99, 'a'\] is not within the text"),
        ({"text": TEXT, "spans": [[3, 3, "a"]]}, "line 2: the span"),
        ({"text": TEXT, "spans": [[0, 3, " "]]}, "line 2: the span"),
        ({"text": TEXT, "spans": [[3, 4, "a"]]}, "line 2: .* holds no word of its own"),
        ({"text": "abcd", "spans": [[0, 2, "a"], [2, 4, "b"]]}, "line 2: .* holds no word of its own"),
        ({"text": TEXT}, "line 2: no spans"),
        ({"text": 7, "spans": []}, "line 2: Expected `str`"),
        ({"text": TEXT, "spans": [[0, "3", "a"]]}, "line 2: Expected"),
        ("{", "line 2: .*expected"),
    ],
)
def test_what_is_wrong_is_refused_by_its_line(tmp_path, row, told):
    with pytest.raises(HeadworkError, match=told):
        read(tmp_path, {"text": TEXT, "spans": []}, row)


@given(text=st.text(max_size=40), splitting=st.sampled_from(["parts", "words"]))
def test_every_character_but_blanks_is_in_one_word(text, splitting):
    places = places_of_words(text, splitting)
    covered = [place for start, end in places for place in range(start, end)]
    assert covered == sorted(set(covered))
    assert all(start < end for start, end in places)
    assert "".join(text[place] for place in covered) == "".join(text.split()) or splitting == "parts"
    assert {place for place, letter in enumerate(text) if not letter.isspace()} <= set(covered)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("She can't, won't!", "She ca n't , wo n't !"),
        ('(He said "it\'s U.S. law...")', '( He said " it \'s U.S. law ... " )'),
        ("@ada: see https://a.b/c, :) #x", "@ada : see https://a.b/c , :) #x"),
        ("state-of-the-art 3.5%.", "state-of-the-art 3.5% ."),
    ],
)
def test_plain_text_becomes_words_as_treebanks_write_them(text, words):
    assert [text[start:end] for start, end in places_of_words(text, "words")] == words.split(" ")


def test_parts_are_letters_digits_and_signs():
    text = "jk2_init() Found child 6725: שָׁלוֹם"
    assert [text[s:e] for s, e in places_of_words(text, "parts")] == [
        *("jk", "2", "_", "init", "(", ")", "Found", "child", "6725", ":", "שָׁלוֹם")
    ]
