"""Which word of a text is meant, in brackets or by its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.errors import HeadworkError
from headwork.data.marked import at_index, folded, in_brackets

PLAIN = st.text(st.characters(exclude_characters="[]", exclude_categories=["Cs"]), max_size=20)
LETTERS = st.text(st.characters(categories=["Lu", "Ll"]), min_size=1, max_size=8)


@pytest.mark.row("BE15")
@given(before=PLAIN, word=LETTERS, behind=PLAIN, blanks=st.sampled_from(["", " "]))
def test_the_text_comes_back_without_its_brackets(before, word, behind, blanks):
    found = in_brackets(f"{before}[{blanks}{word}{blanks}]{behind}", where="here")
    assert found.text == before + word + behind
    assert (found.start, found.end) == (len(before), len(before) + len(word))
    assert found.surface == word and found.word == folded(word)
    assert in_brackets(found.marked, where="here") == found


@given(words=st.lists(LETTERS, min_size=1, max_size=8), data=st.data())
def test_an_index_counts_what_single_blanks_part(words, data):
    place = data.draw(st.integers(0, len(words) - 1))
    signed = [f'"{word},' for word in words]
    found = at_index(" ".join(signed), str(place), where="here", word=words[place])
    assert found.surface == words[place] == " ".join(signed).split(" ")[place].strip('",')
    assert found.text[: found.start].count(" ") == place


def test_a_word_may_be_spelt_otherwise():
    assert in_brackets("two [Mice] ran", where="here", word="mouse").word == "mouse"
    assert at_index("Two Ducks, swam", "1", where="here", word="duck") == ("Two Ducks, swam", 4, 9, "duck")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("the duck swam", "here: no word is marked in 'the duck swam'; put the one"),
        ("the [] swam", "no word is marked"),
        ("a [duck] and a [drake]", "2 words are marked"),
        ("the [12:30] train", "'12:30' is no word: it has a colon"),
    ],
)
def test_texts_without_one_marked_word_are_refused(text, told):
    with pytest.raises(HeadworkError, match="here: ") as refused:
        in_brackets(text, where="here")
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("index", "told"),
    [
        ("3", "index '3', but the words of 'the duck swam' have the places 0 to 2"),
        ("-1", "index '-1'"),
        ("one", "index 'one'"),
        ("", "index ''"),
        ("0", "at index 0 stands 'the', not 'duck'; it stands at 1"),
    ],
)
def test_an_index_that_leads_elsewhere_is_refused(index, told):
    with pytest.raises(HeadworkError) as refused:
        at_index("the duck swam", index, where="here", word="duck")
    assert told in str(refused.value)
    with pytest.raises(HeadworkError, match="mark it in the text instead"):
        at_index("two mice ran", "1", where="here", word="mouse")
