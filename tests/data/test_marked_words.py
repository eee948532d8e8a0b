"""Marked words: how a text is cut, what comes back of it, and that the rest is known and charged."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headwork.base.language import START_ID, UNKNOWN, UNKNOWN_ID
from headwork.data.marked_words import MARKS, MOST_TIMES, cut, written
from headwork.data.vocabulary import MarkedVocabulary, fit_vocabulary

TEXT = "The DOG doesn't bark!!!! I said \"hello there\" (well-known, 3.5%) to Bob's mum.\nA new line: U.S."
TOKENS = (
    "xxmaj the xxup dog does n't bark xxrep 4 ! i said \" hello there \" ( well - known , 3.5 % ) to xxmaj bob 's mum "
    ". \n a new line : u . s ."
).split(" ")


def test_a_text_is_cut_into_words_and_marks() -> None:
    assert [each.token for each in cut(TEXT)] == TOKENS


def test_it_comes_back_but_for_what_does_not_follow() -> None:
    back = "".join(written(TOKENS))
    assert back == TEXT.replace("A new", "a new").replace("U.S.", "u. s.")
    lost = [(each.token, TEXT[each.start :].strip()[:1]) for each in cut(TEXT) if not each.said]
    assert lost == [("a", "A"), ("u", "U"), ("s", "S")]


@pytest.mark.parametrize(
    "text",
    ["sooooo", "1000 and 1,000", "McDonald", "can't WON'T", "-----", "a  b", "\t x \n\n y", "Été ÉTÉ", "x_y @-@ z"],
)
def test_odd_texts(text: str) -> None:
    rebuilt(text)


@settings(max_examples=200)
@given(st.text(st.sampled_from("aAbBIi 01.,'\"n-t!?()\n\t x_éÉßǅ日"), max_size=40))
@example("xxmaj xxup a xxrep 3 !")
def test_what_is_said_comes_back_and_what_is_not_is_told(text: str) -> None:
    rebuilt(text)


def rebuilt(text: str) -> None:
    """The pieces that are right, and the text itself where they are not, are the text."""
    for known in (None, {each.token for each in cut(text) if len(each.token) != 1}):
        marked = cut(text, known)
        starts = [each.start for each in marked]
        pieces = written(each.token if known is None or each.token in known else UNKNOWN for each in marked)
        slices = [text[start:end] for start, end in zip(starts, [*starts, len(text)][1:], strict=True)]
        assert "".join(slices) == (text if marked else "")
        found = [piece if each.said else own for piece, each, own in zip(pieces, marked, slices, strict=True)]
        assert found == slices
        assert all(start < len(text) for start in starts) and starts == sorted(starts)


def test_what_a_user_writes_is_no_mark() -> None:
    tokens = [each.token for each in cut("xxmaj XXUP xxbos xxrep 3 a xxunk xxfake")]
    assert tokens == [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, "3", "a", UNKNOWN, UNKNOWN]


@pytest.mark.parametrize(
    "tokens, text",
    [
        ("xxup the end", "THE end"),
        ("xxmaj the xxmaj end", "The End"),
        ("a xxrep 5 ! b", "a!!!!! b"),
        ("xxwrep 3 very good", "very very very good"),
        ("xxrep many !", "many!"),
        ("xxpad xxeos xxfld xxfake i am", "I am"),
        ("xxrep", ""),
    ],
)
def test_marks_are_written_as_what_they_mean(tokens: str, text: str) -> None:
    assert "".join(written(tokens.split(" "))) == text


def test_a_number_fills_no_memory() -> None:
    assert "".join(written(["xxrep", "9" * 5000, "!"])) == "!" * MOST_TIMES


@given(st.lists(st.sampled_from(["xxmaj", "xxrep", "4", '"', "(", "the", "n't", "-", "i", UNKNOWN, "\n"]), max_size=12))
def test_what_is_written_does_not_depend_on_what_follows(tokens: list[str]) -> None:
    whole = written(tokens)
    assert [written(tokens[: end + 1])[-1] for end in range(len(tokens))] == whole


def test_a_blank_comes_first_where_something_stands_before() -> None:
    vocabulary = fit_vocabulary("marked-words", ["the cat's ( cat the 's (" * 2], size=400)
    ids = vocabulary.encode("the cat's (cat the").ids.tolist()
    whole = vocabulary.decode(ids)
    for end in range(len(ids) + 1):
        assert vocabulary.decode(ids[:end]) + vocabulary.decode(ids[end:], behind=ids[:end]) == whole
    assert whole == "the cat's (cat the" and vocabulary.decode(ids[2:], behind=ids[:2]) == " cat's (cat the"


def test_line_ends_are_tokens_where_the_vocabulary_has_them() -> None:
    with_ends, without = (MarkedVocabulary("marked-words", symbols) for symbols in (["\n", "a", "b"], ["a", "b"]))
    assert with_ends.encode("a\nb").ids.tolist() == [START_ID, 3, 2, 4]
    assert without.encode("a\nb").ids.tolist() == [START_ID, 2, 3]
    assert without.charged("a\nb", without.encode("a\nb").ids).tolist() == [START_ID, 2, UNKNOWN_ID]


def test_a_vocabulary_is_fitted_and_numbers_marks_first() -> None:
    vocabulary = fit_vocabulary("marked-words", ["The cat. The CAT! xxmaj zebra"], size=400)
    assert vocabulary.symbols[:7] == [mark for mark in MARKS if mark not in ("xxunk", "xxbos")]
    assert vocabulary.symbols[7:] == ["cat", "the"]
    ids, starts = vocabulary.encode("The CAT runs")
    assert vocabulary.decode(ids) == f"The CAT {UNKNOWN}" and starts.tolist() == [0, 0, 0, 3, 3, 7]
    assert vocabulary.charged("The CAT runs", ids).tolist() == ids.tolist()
    assert vocabulary.unknown("The CAT runs fast") == ["runs", "fast"]
    assert vocabulary.split("The  CAT runs") == ["The", "  CAT", " runs"]
    assert np.array_equal(vocabulary.encode("").ids, [START_ID])
