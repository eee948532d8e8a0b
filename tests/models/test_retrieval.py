"""Search: equal to the formulas written out in loops, and to scikit-learn's TF-IDF; ties by place."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from headwork.base.words import parts_of, words_of
from headwork.models.lexical import Lexical, LexicalConfig
from headwork.models.retrieval import Index

texts = st.lists(
    st.lists(st.sampled_from("a b c d e. F, 東京 é".split()), max_size=8).map(" ".join), min_size=1, max_size=7
)
question = st.lists(st.sampled_from("a b c zebra é f 京".split()), max_size=5).map(" ".join)


def bm25(texts: list[str], question: str, *, words_of=words_of, k: float = 1.2, b: float = 0.75) -> list[float]:
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
                total += rarity * count * (k + 1) / (count + k * (1 - b + b * len(words) / mean))
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


@pytest.mark.row("BE26")
@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("read_line", "read line"),
        ("readLine", "read line"),
        ("ReadLine2", "read line 2"),
        ("XMLHttpRequest", "xml http request"),
        ("__init__", "init"),
        ("HTTP2Server", "http 2 server"),
        ("naïveCafé", "naïve café"),
        ("self.assertEqual(x_1)", "self assert equal x 1"),
        ("東京Name", "東 京 name"),
        ("_ __", ""),
    ],
)
def test_names_are_split_into_their_words(name: str, parts: str):
    assert parts_of(name) == parts.split()


@pytest.mark.row("BE26")
@given(
    st.lists(st.lists(st.sampled_from("get_item getItem item x2 GET".split()), max_size=6).map(" ".join), min_size=1),
    st.sampled_from([0.0, 0.9, 3.0]),
    st.sampled_from([0.0, 0.5, 1.0]),
)
def test_bm25_of_code_is_its_formula_at_any_setting(found: list[str], k: float, b: float):
    for names, split in (("split", parts_of), ("whole", words_of)):
        library = Lexical(LexicalConfig(k=k, b=b, names=names)).index(found)
        for question in ("get the item", "getItem x2 x2"):
            expected = bm25(found, question, words_of=split, k=k, b=b)
            np.testing.assert_allclose(library.scores(question), expected, rtol=1e-12, atol=1e-12)


def test_settings_of_bm25_have_bounds():
    for settings in ({"k": -1.0}, {"b": 1.5}, {"b": -0.1}):
        with pytest.raises(ValueError, match="expected k of at least 0"):
            LexicalConfig(**settings)
