"""Many regressions at once are those of scikit-learn, one for each label."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from headwork.train.label_regressions import ALWAYS, PrincipalAxes, label_regressions


def problem(dtype: type = np.float64) -> tuple[np.ndarray, np.ndarray]:
    """Features that vary together, far from the origin, of very different sizes; labels from frequent to rare."""
    chance = np.random.default_rng(0)
    mix = chance.normal(size=(12, 12)) * (np.arange(1, 13.0) ** -1.5)[:, None]
    features = chance.normal(size=(900, 12)) @ mix + chance.normal(size=12)
    logits = features @ chance.normal(size=(12, 3)) + [0.0, -2.0, -4.0]
    return features.astype(dtype), chance.random((900, 3)) < 1 / (1 + np.exp(-logits))


@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize("strength", [0.1, 1.0, 100.0])
def test_each_is_the_regression_of_scikit_learn(strength: float, balanced: bool):
    features, truths = problem()
    found = label_regressions(PrincipalAxes.of(features), truths, strength, balanced=balanced)
    for label in range(3):
        oracle = LogisticRegression(C=strength, tol=1e-10, class_weight="balanced" if balanced else None)
        oracle = oracle.set_params(solver="newton-cholesky").fit(features, truths[:, label])
        ours = 1 / (1 + np.exp(-(features @ found.weights[label] + found.biases[label])))
        np.testing.assert_allclose(ours, oracle.predict_proba(features)[:, 1], atol=2e-4)


def test_where_it_begins_and_in_what_precision_changes_little():
    features, truths = problem()
    axes = PrincipalAxes.of(features)
    exact = label_regressions(axes, truths, 10.0)
    later = label_regressions(axes, truths, 10.0, start=label_regressions(axes, truths, 0.1))
    single = label_regressions(PrincipalAxes.of(features.astype(np.float32)), truths, 10.0)
    for other in (later, single):
        logits, expected = (features @ fit.weights.T + fit.biases for fit in (other, exact))
        assert np.abs(1 / (1 + np.exp(-logits)) - 1 / (1 + np.exp(-expected))).max() < 1e-3


def test_a_label_that_all_rows_have_or_none_is_not_fitted():
    features, truths = problem()
    truths[:, 0], truths[:, 1] = True, False
    found = label_regressions(PrincipalAxes.of(features), truths, 1.0)
    assert found.biases[:2].tolist() == [ALWAYS, -ALWAYS] and not found.weights[:2].any() and found.weights[2].any()
    found = label_regressions(PrincipalAxes.of(features), truths[:, :2], 1.0)
    assert found.biases.tolist() == [ALWAYS, -ALWAYS]


def test_constant_features_leave_the_share():
    truths = np.arange(100)[:, None] < 20
    found = label_regressions(PrincipalAxes.of(np.ones((100, 3))), truths, 1.0)
    assert abs(1 / (1 + np.exp(-(found.weights.sum() + found.biases[0]))) - 0.2) < 1e-3
