"""ROUGE beside Google's package, and the oracle beside all choices."""

import itertools
import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwork.base.words import words_of
from headwork.measure.rouge import Judge, by_ngrams, by_subsequence, signature, trigrams

ALPHABET = "aabbccd  .,A1-\n'é東"
TEXTS = st.text(ALPHABET, max_size=40)


NAMES = ["rouge1", "rouge2", "rougeL"]


@pytest.fixture(scope="module")
def scorer(rouge_scorer):
    return rouge_scorer.RougeScorer(NAMES)


def published(scorer, references: list[str], text: str) -> list[float]:
    found = scorer.score_multi(references, text)
    return [found[name].fmeasure for name in NAMES]


@pytest.mark.row("BE17")
@given(references=st.lists(TEXTS, min_size=1, max_size=3), text=TEXTS)
@settings(max_examples=200)
def test_scores_are_those_of_the_published_package(scorer, references: list[str], text: str):
    assert Judge(references).of_text(text) == pytest.approx(published(scorer, references, text), abs=1e-12)


@pytest.mark.row("BE17")
def test_scores_of_long_texts_are_those_of_the_published_package(scorer):
    chance = np.random.default_rng(0)
    for size in (70, 200):
        one, two, text = (" ".join(chance.choice(list(string.ascii_lowercase[:9]), size)) for _ in range(3))
        assert Judge([one, two]).of_text(text) == pytest.approx(published(scorer, [one, two], text), abs=1e-12)


@pytest.mark.parametrize(
    ("reference", "text", "expected"),
    [
        ("police killed the gunman", "police kill the gunman", (3 / 4, 1 / 3, 3 / 4)),  # Lin 2004, section 3.1
        ("police killed the gunman", "the gunman kill police", (3 / 4, 1 / 3, 1 / 2)),
        ("a a b", "a a a a", (4 / 7, 2 / 5, 4 / 7)),  # counted as often as both have it: P 2/4, R 2/3; P 1/3, R 1/2
        ("running", "runs", (0, 0, 0)),  # nothing is stemmed
        ("The U.S.-led plan", "u s led plan", (8 / 9, 6 / 7, 8 / 9)),  # signs part words
        ("", "a", (0, 0, 0)),
    ],
)
def test_scores_worked_out_by_hand(reference: str, text: str, expected: tuple[float, ...]):
    assert Judge([reference]).of_text(text) == pytest.approx(expected)


def test_words_of_any_script_are_counted_where_they_are_asked_for(scorer, rouge_scorer):
    reference, text = "שלום עולם יפה", "שלום לעולם יפה"
    assert published(scorer, [reference], text) == [0, 0, 0] == Judge([reference]).of_text(text).tolist()

    class AnyScript:
        def tokenize(self, text: str) -> list[str]:
            return words_of(text)

    other = rouge_scorer.RougeScorer(NAMES, tokenizer=AnyScript())
    for one, two in ((reference, text), ("東京に行く", "東京へ行く"), ("Ärger im Büro", "ärger büro")):
        assert Judge([one], "any").of_text(two) == pytest.approx(published(other, [one], two))
    assert Judge([reference], "any").of_text(text)[0] == pytest.approx(2 / 3)
    assert "any script" in signature("any") and "rouge-score 0.1.2" in signature("latin")


SENTENCES = st.lists(st.lists(st.sampled_from("abcdef"), min_size=0, max_size=5).map(" ".join), min_size=1, max_size=5)


@pytest.mark.row("BE17")
@given(sentences=SENTENCES, reference=st.lists(st.sampled_from("abcdef"), min_size=1, max_size=8).map(" ".join))
@settings(max_examples=150)
def test_the_oracle_is_an_upper_bound_of_every_single_sentence(sentences: list[str], reference: str):
    """And no sentence more would raise it; all choices together are its own upper bound."""
    judge = Judge([reference])

    def score(places) -> float:
        return judge.of_text(" ".join(sentences[place] for place in sorted(places)))[2]

    found = judge.chosen(sentences, by_subsequence)
    places = range(len(sentences))
    assert found == sorted(set(found))
    assert score(found) >= max(score([place]) for place in places) - 1e-12
    assert all(score({*found, place}) <= score(found) + 1e-12 for place in places)
    every = [chosen for size in range(len(sentences) + 1) for chosen in itertools.combinations(places, size)]
    assert score(found) <= max(map(score, every)) + 1e-12


def test_labels_are_chosen_by_single_words_and_pairs_in_the_order_of_the_document():
    sentences = ["d e f", "x y", "a b c"]
    judge = Judge(["a b c d e f"])
    assert judge.chosen(sentences, by_ngrams) == [0, 2]
    assert by_ngrams(judge, "a b c".split()) == pytest.approx(2 / 3 + 2 * (2 / 5) / (1 + 2 / 5))
    assert judge.chosen(["y z", ""], by_ngrams) == [] and judge.chosen([], by_subsequence) == []
    assert Judge(["a b"]).chosen(["a b", "a b"], by_ngrams) == [0]  # of equal ones the first, and never a second


def test_three_words_in_a_row():
    assert trigrams("a b c d".split()) == {("a", "b", "c"), ("b", "c", "d")} and trigrams(["a", "b"]) == set()
