"""Spans of tokens become words, and words the text again."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.recipes import load_recipe
from headwork.base.results import Cut
from headwork.data.corpus import Examples
from headwork.explain.deletion import faithfulness, without
from headwork.explain.words import WeighedText, explain, pieces_of, weigh
from headwork.tasks.classify import Classifier, Seen, Span, StoredClassifier

LOOKS_AT = {"the telling word": {"red": 1.0}, "another word": {"stone": 1.0}}


class SaysRed(Classifier):
    """Sure of class 1 when the text holds `red`; claims to have looked at the words of `looks_at`."""

    parameters = 0

    def __init__(self, looks_at: dict[str, float]):
        super().__init__(load_recipe("tfidf"), ["other", "red"])
        self.looks_at = looks_at

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([[0.0, 4.0 if "red" in text else -4.0] for text in texts])

    def look(self, texts: Sequence[str]) -> list[Seen]:
        seen = []
        for text in texts:
            spans, at = [], 0
            for word in text.split():
                start = text.index(word, at)
                at = start + len(word)
                spans.append(Span(start, at, self.looks_at.get(word, 0.0)))
            seen.append(Seen(spans, [Span(0, len(text), 1.0)]))
        return seen

    def cut(self, texts: Sequence[str]) -> Cut:
        return Cut(rows=0, tokens=0, of_tokens=0)

    def store(self, folder) -> StoredClassifier:
        raise NotImplementedError


TEXTS = [f"a {color} stone lies number {number} by the river" for number in range(40) for color in ("red", "grey")]


def test_deleting_what_decides_moves_the_answer_more_than_chance() -> None:
    true = faithfulness(SaysRed(LOOKS_AT["the telling word"]), TEXTS)
    assert true.top > true.random + 0.2
    assert true.texts == len(TEXTS)


def test_weights_on_words_that_do_not_decide_are_found_out() -> None:
    false = faithfulness(SaysRed(LOOKS_AT["another word"]), [text for text in TEXTS if "red" in text])
    assert false.top < false.random


@given(text=st.text(max_size=60), data=st.data())
def test_pieces_joined_are_the_text(text: str, data: st.DataObject) -> None:
    weighed = weigh([text], SaysRed({}))[0]
    assert "".join(piece.text for piece in pieces_of(weighed)) == text
    chosen = data.draw(st.sets(st.integers(0, len(weighed.words) - 1))) if weighed.words else set()
    gone = sum(weighed.words[word].end - weighed.words[word].start for word in chosen)
    assert len(without(weighed, sorted(chosen))) == len(text) - gone


def test_weights_of_word_pieces_add_up() -> None:
    look = Seen([Span(0, 2, 0.25), Span(2, 7, 0.5), Span(8, 11, 0.25)], [])
    classifier = SaysRed({})
    classifier.look = lambda texts: [look]
    assert weigh(["unhappy now"], classifier)[0].words == [Span(0, 7, 0.75), Span(8, 11, 0.25)]


def test_the_largest_weight_is_shown_as_one_and_unread_words_without() -> None:
    weighed = WeighedText("a b c", [Span(0, 1, 0.1), Span(2, 3, 0.4)], [])
    assert [(piece.text, piece.weight) for piece in pieces_of(weighed)] == [
        ("a", 0.25),
        (" ", None),
        ("b", 1.0),
        (" c", None),
    ]


def test_explanations_say_what_was_predicted_and_where_sentences_start() -> None:
    examples = Examples(TEXTS[:2], np.array([1, 0]), np.array([7, 9]))
    shown = explain(SaysRed(LOOKS_AT["the telling word"]), examples)
    assert [(text.row, text.label, text.predicted) for text in shown.texts] == [
        (7, "red", "red"),
        (9, "other", "other"),
    ]
    assert shown.texts[0].sentences == [(0, 1.0)]
    assert shown.texts[0].probability == pytest.approx(1 / (1 + np.exp(-4)))
