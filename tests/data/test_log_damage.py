"""Damage of log lines: the fields follow it, and it is the same for the same line."""

import difflib
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.tag import entities_of
from headwork.data.log_damage import DAMAGES, SEVERAL, Edit, Marked, damaged, degraded, edited, with_copies
from headwork.data.spans import Named, with_spans
from headwork.data.tagged import TaggedExamples

TAGS = ["O", "B-Level", "B-Time", "I-Time", "B-value", "I-value"]
CUTTING = ("header dropped", "cut short", SEVERAL)


def line_of(number: int, level: str = "notice"):
    """Every field is found nowhere else in its line."""
    time, value, other = f"2005-0{number % 10} 1{number}", f"/q{number}/k{number}x", f"{number + 5000}"
    text, spans = "", []
    for piece, label in (
        ("[", ""), (time, "Time"), ("] [", ""), (level, "Level"), ("] found: child ", ""), (value, "value"),
        (" in  slot ", ""), (other, "value"), (" again", ""),
    ):  # fmt: skip
        if label:
            spans.append(Named(len(text), len(text) + len(piece), label))
        text += piece
    return with_spans(text, spans, "log").sentence


LINES = TaggedExamples([line_of(number) for number in range(300)], np.arange(300), TAGS)


def fields(line) -> list[tuple[str, str]]:
    return [
        (each.label, line.text[line.places[each.start][0] : line.places[each.end - 1][1]])
        for each in entities_of(line.tags)
    ]


def in_order(found, whole) -> bool:
    """Is `found` what `whole` holds, some left out?"""
    left = iter(whole)
    return all(any(one == other for other in left) for one in found)


@pytest.mark.row("BE18")
def test_fields_follow_the_damage():
    found = degraded(LINES)
    assert set(found.kinds) == {*DAMAGES, SEVERAL} and min(Counter(found.kinds).values()) > 25
    for kind, line, before in zip(found.kinds, found.examples.sentences, LINES.sentences, strict=True):
        told, true = fields(line), fields(before)
        if kind in CUTTING:
            kept = [(label, text.lower()) for label, text in told]
            parts = [
                (label, part)
                for label, text in true
                for part in {part for _, part in kept if part in text.lower()} | {text.lower()}
            ]
            assert all(any(one == other for other in parts) for one in kept)
            assert len(told) <= len(true)
            assert in_order([label for label, _ in told], [label for label, _ in true])
        elif kind == "case changed":
            assert told == [(label, text.upper() if label == "Level" else text) for label, text in true]
            assert line.text.lower() == before.text.lower()
        else:
            assert told == true
        if kind != "header dropped":
            assert line.text != before.text
        assert line.words


def test_each_kind_does_what_it_says():
    found = degraded(LINES)
    by_kind = {kind: [] for kind in found.kinds}
    for kind, line, before in zip(found.kinds, found.examples.sentences, LINES.sentences, strict=True):
        by_kind[kind].append((line.text, before.text))
    assert all(before.endswith(text) and len(text) < len(before) for text, before in by_kind["header dropped"])
    assert all(before.startswith(text) and len(text) < len(before) for text, before in by_kind["cut short"])
    for text, before in by_kind["noise inserted"]:
        changes = difflib.SequenceMatcher(None, before, text, autojunk=False).get_opcodes()
        assert {kind for kind, *_ in changes} == {"equal", "insert"}
        inserted = sum(new_end - new for kind, _, _, new, new_end in changes if kind == "insert")
        assert inserted == len(text) - len(before) > 0
    for text, before in by_kind["separators changed"]:
        letters = [[sign for sign in each if sign.isalnum()] for each in (text, before)]
        assert letters[0] == letters[1] and text != before
    shares = [len(text) / len(before) for kind in ("cut short", "header dropped") for text, before in by_kind[kind]]
    assert min(shares) >= 0.29 and max(shares) < 1


def test_damage_is_the_line_s_own_wherever_it_stands():
    whole, part = degraded(LINES), degraded(LINES[[7, 3]])
    assert [line.text for line in part.examples.sentences] == [whole.examples.sentences[n].text for n in (7, 3)]
    assert degraded(LINES).examples.sentences == whole.examples.sentences


def test_what_is_learnt_from_is_never_what_is_measured():
    copies = with_copies(LINES, 3, seed=0)
    assert len(copies) == 4 * len(LINES) and copies.sentences[: len(LINES)] == LINES.sentences
    assert copies.rows.tolist() == [*range(300)] * 4
    rounds = [[line.text for line in copies.sentences[300 * n : 300 * (n + 1)]] for n in range(4)]
    measured = [line.text for line in degraded(LINES).examples.sentences]
    other = [line.text for line in with_copies(LINES, 1, seed=1).sentences[300:]]
    for one, two in ((rounds[1], measured), (rounds[1], rounds[2]), (rounds[2], rounds[3]), (rounds[1], other)):
        assert np.mean([a == b for a, b in zip(one, two, strict=True)]) < 0.2
    assert with_copies(LINES, 0, seed=0).sentences == LINES.sentences


@st.composite
def marked_with_edits(draw):
    """A text whose marked characters are capitals, and edits of the others, or of whole ends."""
    pieces = draw(
        st.lists(st.tuples(st.sampled_from(["ab", " ", "c d"]), st.sampled_from(["", "XY", "Z"])), max_size=5)
    )
    text, spans, edits = "", [], []
    for plain, span in pieces:
        start = len(text)
        text += plain
        if draw(st.booleans()):
            at = draw(st.integers(start, len(text)))
            edits.append(Edit(at, draw(st.integers(at, len(text))), draw(st.sampled_from(["", "-", "++"]))))
        if span:
            spans.append(Named(len(text), len(text) + len(span), f"f{len(spans)}"))
            text += span
    return Marked(text, spans), edits


@given(marked_with_edits())
def test_spans_stand_where_their_text_stands_after_edits(given_):
    marked, edits = given_
    after = edited(marked, edits)
    assert [(span.label, after.text[span.start : span.end]) for span in after.spans] == [
        (span.label, marked.text[span.start : span.end]) for span in marked.spans
    ]
    assert "".join(sign for sign in after.text if sign.isupper()) == "".join(filter(str.isupper, marked.text))
    outside = len(after.text) - sum(span.end - span.start for span in after.spans)
    removed = sum(edit.end - edit.start - len(edit.text) for edit in edits)
    assert outside == len(marked.text) - sum(span.end - span.start for span in marked.spans) - removed


def test_a_cut_span_keeps_what_is_left_of_it():
    marked = Marked("[abcd] efgh", [Named(1, 5, "x"), Named(7, 11, "y")])
    assert edited(marked, [Edit(0, 3, "")]) == Marked("cd] efgh", [Named(0, 2, "x"), Named(4, 8, "y")])
    assert edited(marked, [Edit(9, 11, "")]) == Marked("[abcd] ef", [Named(1, 5, "x"), Named(7, 9, "y")])
    assert edited(marked, [Edit(0, 5, "")]).spans == [Named(2, 6, "y")]


@pytest.mark.parametrize("text", ["x", "", "\t", "ab", "word"])
def test_short_lines_without_fields_take_some_damage_too(text):
    line = with_spans(text, [], "log").sentence
    for seed in range(20):
        found, kind = damaged(line, np.random.default_rng(seed))
        assert kind in {*DAMAGES, SEVERAL} and set(found.tags) <= {"O"}
