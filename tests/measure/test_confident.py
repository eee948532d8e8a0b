"""Labels that look wrong: against the definition, on planted flips, and on clean labels."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from headwork.measure.confident import confident_class, looks_wrong


@given(st.integers(1, 40), st.integers(2, 5), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_equals_the_definition(rows, classes, seed):
    generator = np.random.default_rng(seed)
    probabilities = generator.dirichlet(np.ones(classes), size=rows)
    labels = generator.integers(classes, size=rows)
    counted = confident_class(labels, probabilities)
    thresholds = {j: probabilities[labels == j, j].mean() for j in set(labels)}
    for label, p, got, wrong in zip(labels, probabilities, counted, looks_wrong(labels, probabilities), strict=True):
        reached = [j for j in thresholds if p[j] >= thresholds[j]]
        expected = max(reached, key=lambda j: p[j]) if reached else -1
        assert got == expected
        assert wrong == (expected not in (-1, label))


def out_of_sample(labels_wrong_share, *, spread):
    """Blobs with some labels flipped, the flips, and cross-validated probabilities of a model fitted on such labels."""
    centers = [(-3, -3), (-3, 3), (3, -3), (3, 3)]
    points, truth = make_blobs(2000, centers=centers, cluster_std=spread, random_state=3)
    generator = np.random.default_rng(1)
    flipped = generator.random(2000) < labels_wrong_share
    labels = np.where(flipped, (truth + generator.integers(1, 4, size=2000)) % 4, truth)
    probabilities = cross_val_predict(LogisticRegression(max_iter=500), points, labels, cv=5, method="predict_proba")
    return labels, flipped, probabilities


def test_planted_flips_are_found():
    labels, flipped, probabilities = out_of_sample(0.08, spread=1.0)
    found = looks_wrong(labels, probabilities)
    assert (found & flipped).sum() / flipped.sum() > 0.75
    assert (found & flipped).sum() / found.sum() > 0.95
    assert 0.05 < found.mean() < 0.085


def test_clean_labels_are_left_alone():
    labels, _, probabilities = out_of_sample(0.0, spread=1.0)
    assert looks_wrong(labels, probabilities).mean() < 0.02


def test_a_class_without_rows_is_never_counted_as():
    probabilities = np.array([[0.1, 0.9], [0.2, 0.8]])
    assert confident_class(np.array([0, 0]), probabilities).tolist() == [-1, 0]
    assert not looks_wrong(np.array([0, 0]), probabilities).any()
