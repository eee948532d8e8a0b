"""The baselines of choosing sentences beside scikit-learn and linear algebra."""

import math

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from headwork.base.errors import HeadworkError
from headwork.base.words import words_of
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
