"""Ranks and their means against brute force, the published definition, and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import label_ranking_average_precision_score

from headwork.measure.ranks import rank_of, rank_values

scores = st.lists(st.integers(-3, 3).map(float), min_size=0, max_size=8)


@pytest.mark.row("BE26")
@given(st.integers(-3, 3).map(float), scores)
def test_a_rank_is_the_last_place_among_equals(own: float, others: list[float]):
    in_order = sorted([own, *others], reverse=True)
    assert rank_of(own, np.array(others)) == len(in_order) - in_order[::-1].index(own)
    # CodeBERT's own count: all scores of the batch that are at least the right one, itself among them
    assert rank_of(own, np.array(others)) == int(np.sum(np.array([own, *others]) >= own))


@pytest.mark.row("BE26")
def test_the_mrr_is_that_of_scikit_learn():
    generator = np.random.default_rng(0)
    values = generator.integers(0, 40, (50, 30)).astype(float)  # with ties
    right = generator.integers(0, 30, 50)
    ranks = np.array([rank_of(row[own], np.delete(row, own)) for row, own in zip(values, right, strict=True)])
    truth = np.zeros(values.shape, int)
    truth[np.arange(50), right] = 1
    assert rank_values(ranks)["mrr"].mean() == pytest.approx(label_ranking_average_precision_score(truth, values))


def test_recall_counts_the_first_places():
    ranks = np.array([[1, 2, 5, 6, 10, 11]])
    found = rank_values(ranks)
    assert list(found) == ["mrr", "recall_1", "recall_5", "recall_10"]
    assert [found[f"recall_{k}"].sum() for k in (1, 5, 10)] == [1, 3, 5]
    assert found["mrr"].tolist() == (1 / ranks).tolist()


def test_what_is_no_number_is_last():
    assert rank_of(float("nan"), np.array([1.0, 2.0])) == 3
    assert rank_of(1.0, np.array([np.nan, 0.0])) == 2
    assert rank_of(0.0, np.zeros(0)) == 1
