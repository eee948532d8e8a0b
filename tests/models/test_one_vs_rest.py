"""The baselines of several labels: shares, and scikit-learn's one-vs-rest on the same values."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC

from headwork.base.errors import HeadworkError
from headwork.models.linear import MajorityConfig, TfidfConfig
from headwork.models.one_vs_rest import LabelShares, TfidfOneVsRest

WORDS = ("angry", "happy", "scared")


def rows(count: int = 120) -> tuple[list[str], np.ndarray]:
    random = np.random.default_rng(0)
    labels = random.random((count, 3)) < (0.5, 0.3, 0.2)
    texts = [
        " ".join([*(WORDS[place] for place in np.flatnonzero(has & (random.random(3) < 0.8))), f"day {n % 7}"])
        for n, has in enumerate(labels)
    ]
    return texts, labels


def chances(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


@pytest.mark.row("BE12")
def test_each_label_is_a_regression_of_its_own():
    texts, labels = rows()
    model = TfidfOneVsRest(TfidfConfig())
    model.fit(texts, labels, classes=3, seed=0)
    oracle = OneVsRestClassifier(LogisticRegression(C=15.0, max_iter=2000)).fit(model.values(texts), labels)
    expected = oracle.predict_proba(model.values(texts))
    np.testing.assert_allclose(chances(model.logits(texts)), expected, atol=1e-5)


@pytest.mark.row("BE29")
def test_each_label_has_a_support_vector_machine_of_its_own():
    texts, labels = rows()
    model = TfidfOneVsRest(TfidfConfig(terms="characters", loss="squared-hinge", strength=0.5))
    model.fit(texts, labels, classes=3, seed=0)
    oracle = OneVsRestClassifier(LinearSVC(C=0.5, dual=False)).fit(model.values(texts), labels)  # pyright: ignore[reportArgumentType]
    np.testing.assert_allclose(model.logits(texts), oracle.decision_function(model.values(texts)), atol=1e-5)


@pytest.mark.row("BE12")
def test_another_labels_rows_change_nothing_of_this_one():
    texts, labels = rows()
    changed = labels.copy()
    changed[:, 1] = ~changed[:, 1]
    found = []
    for truth in (labels, changed):
        model = TfidfOneVsRest(TfidfConfig())
        model.fit(texts, truth, classes=3, seed=0)
        found.append(model.logits(texts))
    assert np.array_equal(found[0][:, [0, 2]], found[1][:, [0, 2]])
    assert not np.allclose(found[0][:, 1], found[1][:, 1])


def test_a_label_that_all_or_no_training_rows_have():
    texts, labels = rows()
    labels[:, 0], labels[:, 2] = True, False
    for model in (TfidfOneVsRest(TfidfConfig()), LabelShares(MajorityConfig())):
        model.fit(texts, labels, classes=3, seed=0)
        found = chances(model.logits(texts))
        assert (found[:, 0] > 0.999999).all() and (found[:, 2] < 1e-6).all()
        assert np.isfinite(model.logits(texts)).all()


def test_shares_are_those_of_training():
    texts, labels = rows()
    model = LabelShares(MajorityConfig())
    model.fit(texts, labels, classes=3, seed=0)
    np.testing.assert_allclose(chances(model.logits(["anything", ""])), np.tile(labels.mean(0), (2, 1)))


@pytest.mark.parametrize("model", [LabelShares(MajorityConfig()), TfidfOneVsRest(TfidfConfig())])
def test_stored_and_restored_it_answers_with_the_same_bits(model):
    texts, labels = rows()
    model.fit(texts, labels, classes=3, seed=0)
    again = type(model).restore(model.settings(), model.tensors())
    assert type(again) is type(model)
    assert np.array_equal(again.logits(texts), model.logits(texts))
    with pytest.raises(HeadworkError, match="unknown"):
        type(model).restore(model.settings(), {**model.tensors(), "more": np.zeros(1)})
