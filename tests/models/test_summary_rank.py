"""The baselines of choosing sentences beside scikit-learn and linear algebra."""

import math

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from headwork.base.errors import HeadworkError
from headwork.base.words import words_of
from headwork.models.summary_features import SummaryFeatures, SummaryFeaturesConfig
from headwork.models.summary_rank import SummaryRank, SummaryRankConfig

TRAIN = [("the cat sat", "a cat ran"), ("the dog ran", "the end"), ("a red cat", "dog and cat")]
DOCUMENT = ("The cat and the dog ran home.", "It rained.", "A cat sat.", "The red dog ran.", "…")


def fitted(by: str, seed: int = 0) -> SummaryRank:
    model = SummaryRank(SummaryRankConfig(by=by))  # type: ignore[arg-type]
    model.fit(TRAIN, seed=seed)
    return model


def test_lead_takes_sentences_in_their_order():
    assert fitted("lead").scores(DOCUMENT).tolist() == [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]


def test_random_is_a_function_of_the_document_and_the_seed():
    one = fitted("random").scores(DOCUMENT)
    assert (fitted("random").scores(DOCUMENT) == one).all()
    assert (fitted("random", seed=1).scores(DOCUMENT) != one).all()
    assert (fitted("random").scores(DOCUMENT[1:]) != one[1:]).any()


def test_the_centroid_is_that_of_scikit_learn():
    """Words of the training documents alone; those of fewer than two count as if one held them."""
    words = [" ".join(words_of(" ".join(document))) for document in TRAIN]
    shared = [sentence for sentence in ("the cat and dog ran", "a cat", "the dog ran", "cat")]
    vectorizer = TfidfVectorizer(token_pattern=r"\S+", norm=None).fit(words)
    whole = vectorizer.transform([" ".join(shared)]).toarray()[0]
    rows = vectorizer.transform(shared).toarray()
    expected = rows @ whole / (np.linalg.norm(rows, axis=1) * np.linalg.norm(whole))
    assert fitted("centroid").scores(shared) == pytest.approx(expected)


def test_textrank_is_the_stationary_distribution_of_its_walk():
    words = [set(words_of(sentence)) for sentence in DOCUMENT]
    size = len(words)
    moves = np.full((size, size), np.nan)
    for j in range(size):
        column = []
        for i in range(size):
            scale = math.log(max(len(words[i]), 1)) + math.log(max(len(words[j]), 1))
            column.append(len(words[i] & words[j]) / scale if i != j and scale else 0.0)
        total = sum(column)
        moves[:, j] = [each / total if total else 1 / size for each in column]
    values, vectors = np.linalg.eig(0.15 / size + 0.85 * moves)
    stationary = np.real(vectors[:, np.argmax(np.real(values))])
    found = fitted("textrank").scores(DOCUMENT)
    assert found == pytest.approx(stationary / stationary.sum(), abs=1e-8)
    assert np.argmax(found) == 0 and found.sum() == pytest.approx(1)


@pytest.mark.parametrize("by", ["lead", "random", "centroid", "textrank"])
def test_documents_of_any_kind_have_scores_and_models_are_stored(by: str):
    model = fitted(by, seed=3)
    again = SummaryRank.restore(model.settings(), model.tensors())
    for document in ((), ("…",), ("…", "!"), ("a",), ("a b", "a b"), ("東京に行く。", "A 👩‍👧."), DOCUMENT):
        scores = model.scores(document)
        assert scores.shape == (len(document),) and np.isfinite(scores).all()
        assert (again.scores(document) == scores).all()


def test_what_does_not_fit_together_is_refused():
    model = fitted("centroid")
    with pytest.raises(HeadworkError, match="the counts of words"):
        SummaryRank.restore(model.settings(), {"holding": model.tensors()["holding"][1:]})
    with pytest.raises(HeadworkError, match="unknown field"):
        SummaryRank.restore({**model.settings(), "more": 1}, model.tensors())


def documents(count: int = 60) -> tuple[list[tuple[str, ...]], list[list[int]]]:
    """What is to be chosen begins with a word of a few; it is rarely the first."""
    chance = np.random.default_rng(0)
    found, best = [], []
    for _ in range(count):
        size = int(chance.integers(2, 7))
        sentences = [" ".join(chance.choice(list("abcdefgh"), int(chance.integers(2, 6)))) for _ in range(size)]
        place = int(chance.integers(size))
        sentences[place] = f"we {'propose' if place % 2 else 'show'} {sentences[place]}"
        found.append(tuple(sentences))
        best.append([place])
    return found, best


def test_features_are_those_of_a_regression_put_together_with_scikit_learn():
    texts, best = documents()
    model = SummaryFeatures(SummaryFeaturesConfig(min_sentences=3, strength=0.5))
    model.fit(texts, best, seed=0)
    rank = {by: SummaryRank(SummaryRankConfig(by=by)) for by in ("centroid", "textrank")}  # type: ignore[arg-type]
    told = []
    for own in rank.values():
        own.fit(texts, seed=0)
    for text in texts:
        centroid, walk = (own.scores(text) for own in rank.values())
        for i, sentence in enumerate(text):
            n, words = len(text), len(sentence.split())
            told.append([1 / (i + 1), (i + 1) / n, float(i + 1 == n), math.log(1 + words), centroid[i], walk[i] * n])
    flat = [sentence for text in texts for sentence in text]
    words = CountVectorizer(token_pattern=r"\S+", binary=True, min_df=3)
    values = np.hstack([StandardScaler().fit_transform(told), words.fit_transform(flat).toarray()])
    labels = [place in places for text, places in zip(texts, best, strict=True) for place in range(len(text))]
    expected = LogisticRegression(C=0.5, max_iter=2000).fit(values, labels).predict_proba(values)[:, 1]
    found = np.concatenate([model.scores(text) for text in texts])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3)
    right = [int(np.argmax(model.scores(text))) == places[0] for text, places in zip(texts, best, strict=True)]
    assert np.mean(right) > 0.95


def test_features_are_stored_and_refused_where_they_do_not_fit():
    texts, best = documents()
    model = SummaryFeatures(SummaryFeaturesConfig())
    model.fit(texts, best, seed=0)
    again = SummaryFeatures.restore(model.settings(), model.tensors())
    for text in (*texts[:5], (), ("…",), ("we show",)):
        assert (again.scores(text) == model.scores(text)).all() and np.isfinite(model.scores(text)).all()
    assert again.parameters == model.parameters > 10
    wrong = {**model.tensors(), "weights": model.tensors()["weights"][1:]}
    with pytest.raises(HeadworkError, match="array 'weights'"):
        SummaryFeatures.restore(model.settings(), wrong)
