"""The head fitted by logistic regression answers as scikit-learn does."""

from typing import cast

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.data.corpus import Examples
from headwork.measure.calibration import softmax
from headwork.tasks.classify import new_classifier
from headwork.tasks.neural import NeuralClassifier
from headwork.train.any import check_recipe
from headwork.train.logistic import features_of, features_to_fit, fit_logistic_head, put_into_head


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.row("BE14")
def test_the_head_gives_the_probabilities_of_the_regression(classes: int) -> None:
    random = np.random.default_rng(classes)
    features, labels = random.normal(size=(90, 12)), np.arange(90) % classes
    scale = 0.3
    fitted = LogisticRegression(C=5.0).fit(features / scale, labels)
    head = nn.Linear(12, classes, dtype=torch.float64)
    put_into_head(head, fitted, scale=scale)
    ours = softmax(head(torch.as_tensor(features)).detach().numpy())
    assert np.abs(ours - fitted.predict_proba(features / scale)).max() < 1e-9


def test_a_class_without_training_rows_is_never_chosen() -> None:
    features, labels = np.random.default_rng(0).normal(size=(40, 4)), np.array([0, 2] * 20)
    head = nn.Linear(4, 3, dtype=torch.float64)
    put_into_head(head, LogisticRegression().fit(features, labels), scale=1.0)
    assert set(head(torch.as_tensor(features)).argmax(1).tolist()) <= {0, 2}


def test_a_classifier_answers_by_the_head_that_was_fitted() -> None:
    texts = [f"{word} day {place}" for place in range(20) for word in ("good", "bad")]
    data = Examples(texts, np.array([0, 1] * 20), np.arange(40))
    recipe = with_settings(load_recipe("transformer"), ["train.fit=logistic"], size="tiny")
    classifier = cast(NeuralClassifier, new_classifier(recipe, ["0", "1"], texts, seed=0, offline=True, device="cpu"))
    before = classifier.logits(texts)  # makes the copy that predicts
    fit_logistic_head(classifier, data, data)
    head, features = classifier.network.head.double(), torch.as_tensor(features_of(classifier, texts))
    after = classifier.logits(texts)
    assert np.abs(after - before).max() > 0.1
    np.testing.assert_allclose(after, head(features).detach().numpy(), atol=1e-4)


@pytest.mark.parametrize("multiplies", [True, False])
def test_features_are_computed_in_the_precision_of_training_where_the_processor_can(
    multiplies: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headwork.ops.linear.multiplies_bf16", lambda: multiplies)
    texts = [f"{word} day {place}" for place in range(20) for word in ("good", "bad")]
    recipe = with_settings(load_recipe("transformer"), ["train.fit=logistic", "train.precision=bf16"], size="tiny")
    classifier = cast(NeuralClassifier, new_classifier(recipe, ["0", "1"], texts, seed=0, offline=True, device="cpu"))
    _, features, _ = features_to_fit(classifier, texts, texts[:2])
    exact = features_of(classifier, texts)
    apart = np.abs(features - exact).max() / np.abs(exact).max()
    assert 1e-4 < apart < 0.03 if multiplies else apart == 0


def test_a_model_without_features_of_its_own_is_refused() -> None:
    check_recipe(with_settings(load_recipe("transformer"), ["train.fit=logistic"]))
    for fit in ("logistic", "logistic-gradient"):
        with pytest.raises(HeadworkError, match="no features apart from its head"):
            check_recipe(with_settings(load_recipe("han"), [f"train.fit={fit}"]))
