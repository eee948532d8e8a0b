"""Shaded words give the text back, and say how much of the weight they show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.results import Explanations, SeenText, WordWeight
from headwork.report.seen import SHOWN_CHARACTERS, side_by_side

words = st.lists(
    st.builds(
        WordWeight,
        text=st.text("abc .\n", min_size=1, max_size=80),
        weight=st.none() | st.floats(0, 1),
    ),
    max_size=30,
)


def seen(words: list[WordWeight], sentences=(), label: str = "a", row: int = 3) -> SeenText:
    return SeenText(row=row, label=label, predicted="a", probability=0.5, words=words, sentences=list(sentences))


def sight_of(text: SeenText):
    return side_by_side({"han": Explanations(method="", texts=[text])})[0].sights[0]


def shown_text(sight) -> str:
    return "".join(piece.text for sentence in sight.sentences for piece in sentence.pieces)


@given(words, st.data())
def test_the_pieces_give_the_beginning_of_the_text(words, data):
    whole = "".join(word.text for word in words)
    starts = data.draw(st.lists(st.integers(1, max(1, len(words) - 1)), unique=True, max_size=4)) if words else []
    sight = sight_of(seen(words, [(start, 0.2) for start in sorted([0, *starts])] if starts else []))
    text = shown_text(sight)
    if len(whole) <= SHOWN_CHARACTERS:
        assert text == whole
        assert sight.shown == pytest.approx(1)
    else:
        assert text.endswith(" …") and whole.startswith(text.removesuffix(" …"))
        assert 0 <= sight.shown <= 1.0001


def test_neighbours_of_one_shade_are_one_piece():
    heavy, light = WordWeight(text="good", weight=1.0), WordWeight(text=" ", weight=None)
    pieces = sight_of(seen([light, light, heavy, light])).sentences[0].pieces
    assert [(piece.text, piece.shade) for piece in pieces] == [("  ", 0), ("good", 9), (" ", 0)]


def test_sentences_keep_their_weights():
    words = [WordWeight(text=text, weight=0.0) for text in ("One.", " Two.", " Three.")]
    sentences = sight_of(seen(words, [(0, 0.7), (2, 0.3)])).sentences
    assert [(shown.weight, shown.pieces[0].text) for shown in sentences] == [(0.7, "One. Two."), (0.3, " Three.")]


def test_the_weight_beyond_the_display_is_told():
    words = [WordWeight(text="x" * SHOWN_CHARACTERS, weight=0.25), WordWeight(text="y", weight=0.75)]
    sight = sight_of(seen(words))
    assert sight.shown == pytest.approx(0.25)
    assert shown_text(sight) == "x" * SHOWN_CHARACTERS + " …"


def test_models_stand_side_by_side():
    one, two = seen([], row=1), seen([], row=2, label="b")
    texts = side_by_side(
        {
            "han": Explanations(method="", texts=[one, two]),
            "minilm": Explanations(method="", texts=[two]),
        }
    )
    assert [(text.row, [sight.model for sight in text.sights]) for text in texts] == [
        (1, ["han"]), (2, ["han", "minilm"]),
    ]  # fmt: skip
    assert [text.sights[0].right for text in texts] == [True, False]
