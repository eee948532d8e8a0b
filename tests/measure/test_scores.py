"""Scores against scikit-learn and against counting by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from headwork.measure.scores import accuracy, confusion, macro_f1, per_class

labels = st.integers(2, 7).flatmap(
    lambda classes: st.lists(st.tuples(st.integers(0, classes - 1), st.integers(0, classes - 1)), min_size=1)
)


def split(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    truth, predicted = np.array(pairs).T
    return truth, predicted


@given(labels)
def test_accuracy_and_confusion_equal_scikit_learns(pairs):
    truth, predicted = split(pairs)
    assert accuracy(truth, predicted) == pytest.approx(metrics.accuracy_score(truth, predicted))
    expected = metrics.confusion_matrix(truth, predicted, labels=range(7))
    assert (confusion(truth, predicted, classes=7) == expected).all()


@given(labels)
def test_macro_f1_equals_scikit_learns_over_the_classes_in_the_truth(pairs):
    truth, predicted = split(pairs)
    expected = metrics.f1_score(truth, predicted, labels=np.unique(truth), average="macro", zero_division=0)
    assert macro_f1(truth, predicted) == pytest.approx(expected)


@given(st.lists(st.integers(0, 4)))
def test_macro_f1_is_that_over_all_classes_where_all_occur(guesses):
    truth = np.concatenate([np.arange(5), np.zeros(len(guesses), dtype=int)])
    predicted = np.array([0, 1, 2, 2, 2, *guesses])
    expected = metrics.f1_score(truth, predicted, labels=range(5), average="macro", zero_division=0)
    assert macro_f1(truth, predicted) == pytest.approx(expected)


@given(labels)
def test_scores_of_each_class_equal_scikit_learns(pairs):
    truth, predicted = split(pairs)
    names = [f"class {c}" for c in range(7)]
    columns = metrics.precision_recall_fscore_support(truth, predicted, labels=range(7), zero_division=0)
    scores = per_class(truth, predicted, names)
    assert [score.name for score in scores] == names
    for score, precision, recall, f1, rows in zip(scores, *columns, strict=True):
        assert (score.precision, score.recall, score.f1) == pytest.approx((precision, recall, f1))
        assert score.rows == rows


def test_a_class_that_is_never_hit_counts_zero():
    assert macro_f1(np.array([0, 0, 0, 1]), np.array([0, 0, 0, 0])) == pytest.approx((2 * 3 / (3 + 4) + 0) / 2)
