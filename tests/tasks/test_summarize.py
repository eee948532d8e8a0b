"""Choosing sentences: order, blocking, how many, against loops; and reading of long documents."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.recipes import load_recipe, with_settings
from headwork.data.summaries import Summaries
from headwork.data.tokenizers import fit_wordpiece
from headwork.measure.rouge import Judge
from headwork.tasks.neural_summary import NeuralChooser
from headwork.tasks.reading_sentences import SentenceReader
from headwork.tasks.summarize import MOST_SENTENCES, best_count, load_summarizer, new_summarizer, picked

WORDS = "alpha beta gamma delta epsilon zeta eta theta iota kappa".split()


def summaries(count: int, seed: int = 0, *, longest: int = 6) -> Summaries:
    """The sentence with the word `key` is what people wrote down."""
    chance = np.random.default_rng(seed)
    texts, labels = [], []
    for _ in range(count):
        size = int(chance.integers(2, longest + 1))
        sentences = [" ".join(chance.choice(WORDS, 5)) + " ." for _ in range(size)]
        key = int(chance.integers(size))
        sentences[key] = "key " + sentences[key]
        texts.append("\n\n".join(sentences))
        labels.append(sentences[key])
    return Summaries(texts, np.array(labels, dtype=object), np.arange(count))


SENTENCES = st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=5).map(" ".join), min_size=0, max_size=6)


@given(sentences=SENTENCES, seed=st.integers(0, 50), most=st.integers(1, 4))
def test_the_best_sentences_without_three_words_in_common(sentences: list[str], seed: int, most: int):
    scores = np.random.default_rng(seed).integers(0, 4, len(sentences)).astype(float)
    order = sorted(range(len(sentences)), key=lambda place: (-scores[place], place))
    assert picked(tuple(sentences), scores, most, blocks=False) == order[:most]
    expected: list[int] = []
    for place in order:
        own = sentences[place].split()
        taken = [sentences[other].split() for other in expected]
        shared = any(
            own[i : i + 3] == other[j : j + 3]
            for other in taken
            for i in range(len(own) - 2)
            for j in range(len(other) - 2)
        )
        if len(expected) < most and not shared:
            expected.append(place)
    assert picked(tuple(sentences), scores, most, blocks=True) == expected


def test_so_many_sentences_are_best_on_dev():
    side = summaries(12)
    side.labels[::2] = [" ".join(document[-2:]) for document in side.items[::2]]
    scores = [np.arange(len(document), dtype=float) for document in side.items]  # the last sentences
    found = []
    for count in range(1, MOST_SENTENCES + 1):
        texts = [" ".join(document[-count:]) for document in side.items]
        of_each = [Judge(r).of_text(text)[2] for r, text in zip(side.references, texts, strict=True)]
        found.append(np.mean(of_each))
    count, score = best_count(side, scores, blocks=False)
    assert count == 1 + int(np.argmax(np.round(found, 9))) and score == pytest.approx(max(found))
    assert best_count(side[[]], [], blocks=False) == (1, 0.0)


def test_a_long_document_is_read_in_windows_of_whole_sentences():
    tokenizer = fit_wordpiece(["alpha beta gamma delta ."] * 3)
    first, last = tokenizer.frame
    reader = SentenceReader(tokenizer, 12)
    document = tuple(" ".join(["alpha"] * size) for size in (2, 3, 9, 1, 30, 2))
    read = reader.read([document, (), ("alpha",)])
    assert read.sentences[0] == (4, 5, 11, 3, 12, 4) and read.windows[0] == (9, 11, 3, 12, 4)
    assert read.reading.in_windows == 1 and read.reading.sentences_cut == 1
    assert read.ids[1] == [] and read.sentences[1] == () and read.places[2] == [0]
    ends = list(itertools.accumulate(read.sentences[0]))
    starts = [0, *ends[:-1]]
    assert all(read.ids[0][s] == first and read.ids[0][e - 1] == last for s, e in zip(starts, ends, strict=True))
    some = reader.read([document], most_windows=3)
    assert some.windows[0] == (9, 3, 4) and some.places[0] == [0, 1, 3, 5]


SMALL = ("model.max_tokens=24", "model.dropout=0.0")


@pytest.mark.parametrize("name", ["lead", "centroid", "random", "textrank", "features", "transformer-ext"])
def test_what_is_stored_summarises_alike(tmp_path, name: str):
    train = summaries(30)
    settings = SMALL if name == "transformer-ext" else ()
    made = new_summarizer(with_settings(load_recipe(name, "summarize"), settings, size="tiny"), train, seed=1)
    if not isinstance(made, NeuralChooser):
        made.fit(train.items, train.labels, seed=1)  # type: ignore[attr-defined]
    made.settle(summaries(10, 1))
    made.listed, made.text_column = True, "source"
    assert made.save(tmp_path) > 0 and made.parameters >= 0
    again = load_summarizer(tmp_path)
    test = [*summaries(6, 2, longest=9).items, (), ("alpha",)]
    found = made.summarize(test)
    assert again.summarize(test) == found and (again.sentences, again.listed) == (made.sentences, True)
    assert found[-2].text == "" and found[-2].sentences == [] and found[-1].text == "alpha"
    assert [len(one.sentences) for one in made.summarize(test, sentences=2)][-2:] == [0, 1]
    alone = [made.summarize([document])[0] for document in test]
    for one, other in zip(found, alone, strict=True):
        assert [each.place for each in one.sentences] == [each.place for each in other.sentences]
        np.testing.assert_allclose([x.score for x in one.sentences], [x.score for x in other.sentences], rtol=1e-5)
