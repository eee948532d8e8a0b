"""Search: equal to the formulas written out in loops, and to scikit-learn's TF-IDF; ties by place."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from headwork.base.words import words_of
from headwork.models.retrieval import Index

texts = st.lists(
    st.lists(st.sampled_from("a b c d e. F, 東京 é".split()), max_size=8).map(" ".join), min_size=1, max_size=7
)
question = st.lists(st.sampled_from("a b c zebra é f 京".split()), max_size=5).map(" ".join)


def bm25(texts: list[str], question: str) -> list[float]:
    """Robertson and Zaragoza's formula, text by text."""
    split = [words_of(text) for text in texts]
    mean = sum(map(len, split)) / len(split)
    found = []
    for words in split:
        total = 0.0
        for word in words_of(question):
            inside = sum(word in other for other in split)
            count = words.count(word)
            if count:
                rarity = math.log(1 + (len(split) - inside + 0.5) / (inside + 0.5))
                total += rarity * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * len(words) / mean))
        found.append(total)
    return found


def cosines(texts: list[str], question: str) -> list[float]:
    split = [words_of(text) for text in texts]

    def vector(words: list[str]) -> dict[str, float]:
        return {
            word: (1 + math.log(words.count(word)))
            * (math.log((1 + len(split)) / (1 + sum(word in other for other in split))) + 1)
            for word in words
        }

    def length(one: dict[str, float]) -> float:
        return math.sqrt(sum(value**2 for value in one.values()))

    asked = vector(words_of(question))
    found = []
    for words in split:
        own = vector(words)
        product = sum(own[word] * asked[word] for word in own.keys() & asked.keys())
        found.append(product / (length(own) * length(asked)) if product else 0.0)
    return found


@pytest.mark.row("BE11")
@pytest.mark.parametrize(("by", "formula"), [("bm25", bm25), ("tfidf", cosines)])
@given(texts, question)
def test_every_text_is_scored_as_the_formula_says(by, formula, texts, question):
    index = Index(texts, by=by)
    expected = formula(texts, question)
    assert index.scores(question) == pytest.approx(expected, abs=1e-12)
    order = sorted(range(len(texts)), key=lambda place: (-round(expected[place], 9), place))
    found = index.best(question, len(texts))
    assert [round(expected[place], 9) for place in found] == [round(expected[place], 9) for place in order]
    assert index.best(question, 2) == found[:2]


def test_tfidf_is_that_of_scikit_learn():
    texts = ["The cat sat on the mat.", "A dog sat.", "The dog and the cat and the bird", "nothing alike"]
    settings: Any = {"tokenizer": words_of, "token_pattern": None, "sublinear_tf": True}
    vectors: Any = TfidfVectorizer(**settings)
    known = vectors.fit_transform(texts)
    asked = vectors.transform(["the dog sat the"])
    assert Index(texts, by="tfidf").scores("the dog sat the") == pytest.approx((known @ asked.T).toarray()[:, 0])


def test_equal_texts_come_in_their_order():
    assert Index(["b", "a", "b", "a", "c"]).best("a", 5) == [1, 3, 0, 2, 4]
    assert Index([]).best("a", 3) == [] and Index(["", " "]).best("a", 1) == [0]


def test_signs_without_blanks_are_words_of_their_own():
    assert words_of("Das Café, 東京タワー!") == ["das", "café", "東", "京", "タ", "ワ", "ー"]
    assert int(np.argmax(Index(["大阪城はどこ", "東京タワー"]).scores("東京の"))) == 1
