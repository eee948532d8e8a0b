"""Questions and passages as tokens: characters that are exact in any script, windows, targets, and what is chosen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.data.questions import Asked
from headwork.data.squad import Answer
from headwork.data.tokenizers import TextTokenizer, fit_wordpiece
from headwork.tasks.span_windows import NOTHING, WindowReader, tokens_of, told

ALPHABET = [
    *("Ada", "lives", "in", "Zürich", "since", "1990", ",", ".", "naïve", "e\u0301tude", "ﬁre", "İzmir"),
    *("👩‍👩‍👧", "🏳️‍🌈", "東京", "日本語", "שלום", "ก็", "\u200b", "x" * 120, "\u0000", "—", "ß"),
]
passages = st.lists(st.sampled_from(ALPHABET), min_size=1, max_size=14).flatmap(
    lambda words: st.sampled_from([" ", "", "  ", "\n"]).map(lambda blank: blank.join(words))
)


@pytest.fixture(scope="module")
def tokenizer() -> TextTokenizer:
    return fit_wordpiece(["Ada lives in Zürich since 1990, naïve 東京 日本語 .", "lives in since the who what"] * 3)


def reader(tokenizer, **settings) -> WindowReader:
    return WindowReader(tokenizer, **{"max_tokens": 16, "question_tokens": 6, "stride": 3, **settings})


@pytest.mark.row("BE11")
@given(passages, st.data())
def test_the_tokens_of_an_answer_are_those_that_share_a_character(passage, data):
    tokenizer = fit_wordpiece(["Ada lives in Zürich 1990 東京"] * 2)
    start = data.draw(st.integers(0, len(passage) - 1))
    end = data.draw(st.integers(start + 1, len(passage)))
    offsets = reader(tokenizer).read([Asked("who", passage)]).passages[0].offsets
    sharing = [place for place, (a, b) in enumerate(offsets) if a < end and b > start]
    assert offsets == sorted(offsets) and all(0 <= a < b <= len(passage) for a, b in offsets)
    found = tokens_of(offsets, Answer(passage[start:end], start))
    assert found == ((sharing[0], sharing[-1]) if sharing else None)


@pytest.mark.parametrize("answer", ["Zürich", "1990", "東京", "👩‍👩‍👧", "naïve", "e\u0301tude", "שלום"])
def test_a_word_of_any_script_comes_back_to_the_letter(tokenizer, answer):
    passage = "Ada 👩‍👩‍👧 lives in Zürich, since 1990; naïve e\u0301tude 東京 שלום."
    start = passage.index(answer)
    offsets = reader(tokenizer).read([Asked("who", passage)]).passages[0].offsets
    span = tokens_of(offsets, Answer(answer, start))
    assert span is not None and passage[offsets[span[0]][0] : offsets[span[1]][1]] == answer


def test_windows_hold_the_question_and_their_part_of_the_passage(tokenizer):
    passage = "Ada lives in Zürich since 1990 . naïve " * 4
    asked = [Asked("who lives", passage), Asked("what", "Ada"), Asked("who " * 30, "in")]
    read = reader(tokenizer).read(asked)
    whole = tokenizer.encode([passage])[0].ids[1:-1]
    assert read.of == sorted(read.of) and set(read.of) == {0, 1, 2}
    assert max(read.lengths) <= 16 and read.reading.in_windows == 1 and read.reading.questions_cut == 1
    for place, (window, row) in enumerate(zip(read.windows, read.of, strict=True)):
        batch = read.batch([place])
        assert read.lengths[place] == sum(batch.first.lengths) + sum(batch.second.lengths)
        first, second = tokenizer.tokens(batch.first.ids.tolist()), batch.second.ids.tolist()
        assert (first[0], first[-1], tokenizer.tokens(second)[-1]) == ("[CLS]", "[SEP]", "[SEP]")
        if row == 0:
            assert second[:-1] == whole[window.first : window.end]
    assert len(read.questions[2]) == 8  # six of its tokens, in their frame


def test_targets_are_where_the_window_holds_the_whole_answer(tokenizer):
    passage = "Ada lives in Zürich since 1990 . " * 3 + "Ada lives in 東京"
    answer = Answer("in 東京", passage.index("in 東京"))
    read = reader(tokenizer).read([Asked("who lives", passage), Asked("who", passage)])
    targets = read.targets([[answer], []])
    whole = tokens_of(read.passages[0].offsets, answer)
    assert whole is not None
    for window, row, target in zip(read.windows, read.of, targets, strict=True):
        if row == 0 and window.first <= whole[0] and whole[1] < window.end:
            assert (target[0] - 1 + window.first, target[1] - 1 + window.first) == whole
        else:
            assert target == NOTHING
    assert sum(target != NOTHING for target in targets) >= 1


def test_the_answer_of_most_people_is_told():
    assert told([Answer("a", 1), Answer("b", 5), Answer("b", 5)]) == Answer("b", 5)
    assert told([Answer("a", 1), Answer("b", 5)]) == Answer("a", 1)


def test_only_the_windows_most_like_the_question_are_read_where_so_asked(tokenizer):
    passage = "since 1990 . " * 12 + "Ada lives in Zürich . " + "since 1990 , " * 12
    asked = [Asked("who lives in Zürich", passage), Asked("what", "Ada")]
    whole, some = reader(tokenizer).read(asked), reader(tokenizer, windows=2).read(asked)
    assert len([row for row in some.of if row == 0]) == 2
    assert some.reading.left_out == len(whole.windows) - len(some.windows)
    shown = [
        passage[some.passages[0].offsets[w.first][0] : some.passages[0].offsets[w.end - 1][1]] for w in some.windows[:2]
    ]
    assert all("Zürich" in text for text in shown)


def test_a_passage_without_words_has_no_window(tokenizer):
    read = reader(tokenizer).read([Asked("who", " \n "), Asked("who", "Ada")])
    assert read.of == [1] and read.reading.windows == 1
