"""Cross-entropy, focal and balanced: against the formula in double precision, scikit-learn and torch."""

import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional as F

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.data.corpus import Examples
from headwork.tasks.classify import new_classifier
from headwork.tasks.neural import NeuralClassifier
from headwork.train.any import check_recipe
from headwork.train.classify import Classify
from headwork.train.config import TrainConfig
from headwork.train.logistic import features_of, fit_logistic_head
from headwork.train.losses import balanced_weights, class_loss, label_loss

LOGITS = torch.randn(7, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 3
CLASSES = torch.tensor([0, 1, 2, 3, 0, 0, 1])
TRUTHS = torch.tensor(
    [[1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 0, 0], [1, 0, 0, 1], [0, 0, 1, 0], [0, 1, 1, 0]]
)


def of_class(logits: torch.Tensor, right: int, *, weight: float, gamma: float) -> float:
    p = math.exp(logits[right]) / sum(math.exp(z) for z in logits)
    return -weight * (1 - p) ** gamma * math.log(p)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("weights", [None, [0.5, 1.0, 2.0, 4.0]])
def test_a_class_costs_what_the_formula_says(gamma, weights):
    expected = [
        of_class(row, right, weight=weights[right] if weights else 1.0, gamma=gamma)
        for row, right in zip(LOGITS, CLASSES.tolist(), strict=True)
    ]
    given = None if weights is None else torch.tensor(weights, dtype=torch.float64)
    found = class_loss(LOGITS, CLASSES, weights=given, focal=gamma)
    assert found.item() == pytest.approx(np.mean(expected), rel=1e-12)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("weights", [None, [[0.5, 1.0, 2.0, 4.0], [3.0, 2.0, 1.0, 0.25]]])
def test_a_set_of_labels_costs_the_sum_of_its_labels(gamma, weights):
    expected = []
    for row, truths in zip(LOGITS, TRUTHS.tolist(), strict=True):
        total = 0.0
        for label, (z, truth) in enumerate(zip(row.tolist(), truths, strict=True)):
            p = 1 / (1 + math.exp(-z if truth else z))
            total -= (weights[truth][label] if weights else 1.0) * (1 - p) ** gamma * math.log(p)
        expected.append(total)
    given = None if weights is None else torch.tensor(weights, dtype=torch.float64)
    found = label_loss(LOGITS, TRUTHS.bool(), weights=given, focal=gamma)
    assert found.item() == pytest.approx(np.mean(expected), rel=1e-12)


def test_without_focus_and_weights_it_is_torchs_cross_entropy():
    assert torch.equal(class_loss(LOGITS, CLASSES), F.cross_entropy(LOGITS, CLASSES))
    smooth = class_loss(LOGITS, CLASSES, smoothing=0.1)
    assert torch.equal(smooth, F.cross_entropy(LOGITS, CLASSES, label_smoothing=0.1))
    binary = F.binary_cross_entropy_with_logits(LOGITS, TRUTHS.double(), reduction="none").sum(1).mean()
    torch.testing.assert_close(label_loss(LOGITS, TRUTHS.bool()), binary)
    of_two = torch.stack([torch.zeros_like(LOGITS), LOGITS], 1)
    smooth = F.cross_entropy(of_two, TRUTHS, label_smoothing=0.2, reduction="none").sum(1).mean()
    torch.testing.assert_close(label_loss(LOGITS, TRUTHS.bool(), smoothing=0.2), smooth)


@pytest.mark.parametrize("gamma", [0.3, 1.0, 2.0])
def test_sure_rows_have_finite_gradients(gamma):
    """1 - p_t is 0 in single precision there, where a power below 1 rises without end."""
    sure = torch.tensor([[300.0, -300.0], [-300.0, 300.0]], requires_grad=True)
    for loss in (class_loss(sure, torch.tensor([0, 0]), focal=gamma), label_loss(sure, sure > 0, focal=gamma)):
        (slope,) = torch.autograd.grad(loss, sure)
        assert loss.isfinite() and slope.isfinite().all()


def test_focus_looks_away_from_easy_rows():
    easy, hard = torch.tensor([[4.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    right = torch.tensor([0])
    shares = [class_loss(easy, right, focal=g) / class_loss(hard, right, focal=g) for g in (0.0, 1.0, 2.0)]
    assert shares[0] > 10 * shares[1] > 100 * shares[2] > 0


def test_balanced_is_scikit_learns():
    labels = np.array([0] * 7 + [1] * 2 + [3])
    found = balanced_weights(labels, classes=5)
    np.testing.assert_allclose(
        found[[0, 1, 3]], compute_class_weight("balanced", classes=np.array([0, 1, 3]), y=labels)
    )
    assert (found[[2, 4]] == 0).all() and found[labels].mean() == pytest.approx(1)


def learning(config: TrainConfig, labels: np.ndarray) -> Classify:
    examples = Examples([f"word{number} thing" for number in range(len(labels))], labels, np.arange(len(labels)))
    recipe = with_settings(load_recipe("bag"), ("model.dropout=0.0",), size="tiny")
    classifier = new_classifier(recipe, ["a", "b", "c"], examples.texts, seed=0)
    assert isinstance(classifier, NeuralClassifier)
    return Classify(classifier, examples, examples, config, seed=0)


def test_the_trainer_takes_both_settings():
    labels = np.array([0, 0, 0, 0, 1, 1, 2])
    for focal, weighed in ((0.0, False), (0.0, True), (2.0, False), (1.5, True)):
        problem = learning(TrainConfig(class_weights="balanced" if weighed else "none", focal=focal), labels)
        weights = compute_class_weight("balanced", classes=np.arange(3), y=labels) if weighed else [1.0] * 3
        rows = list(range(len(labels)))
        logits = problem.network(problem.train.batch(rows)).detach().double()
        expected = [
            of_class(row, right, weight=weights[right], gamma=focal)
            for row, right in zip(logits, labels.tolist(), strict=True)
        ]
        assert problem.loss(rows).item() == pytest.approx(np.mean(expected), rel=1e-5)


def test_a_head_fitted_by_regression_is_balanced_too():
    random = np.random.default_rng(0)
    labels = (random.random(90) < 0.2).astype(np.int64)
    texts = [f"{('plain', 'rare')[label]} {('plain', 'rare')[int(random.random() < 0.4)]} text" for label in labels]
    examples = Examples(texts, labels, np.arange(90))
    settings = ("train.fit=logistic", "train.class_weights=balanced")
    recipe = with_settings(load_recipe("transformer"), settings, size="tiny")
    classifier = new_classifier(recipe, ["no", "yes"], texts, seed=0)
    assert isinstance(classifier, NeuralClassifier)
    fitted = fit_logistic_head(classifier, examples, examples)
    features = features_of(classifier, texts) / features_of(classifier, texts).std()
    oracle = LogisticRegression(C=fitted.strength, max_iter=2000, class_weight="balanced").fit(features, labels)
    found = torch.as_tensor(classifier.logits(texts)).softmax(1).numpy()
    np.testing.assert_allclose(found, oracle.predict_proba(features), atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"focal": -1.0}, r"train\.focal is -1\.0, out of range"),
        ({"focal": math.inf}, "out of range"),
        ({"focal": 2.0, "label_smoothing": 0.1}, "use one of them"),
        ({"focal": 2.0, "fit": "logistic"}, "a loss of its own"),
    ],
)
def test_what_does_not_go_together_is_refused(settings, told):
    with pytest.raises(ValueError, match=told):
        TrainConfig(**settings)


@pytest.mark.parametrize("setting", ["train.focal=2.0", "train.class_weights=balanced"])
def test_a_task_without_classes_refuses_them(setting):
    name = setting.partition("=")[0]
    check_recipe(with_settings(load_recipe("bag"), (setting,)))
    for recipe in (load_recipe("decomposable", "pair"), load_recipe("lstm", "language")):
        with pytest.raises(HeadworkError, match=rf"{name} is for classes and labels; leave it out"):
            check_recipe(with_settings(recipe, (setting,)))
    with pytest.raises(HeadworkError, match="Invalid enum value 'some'"):
        check_recipe(with_settings(load_recipe("bag"), ("train.class_weights=some",)))
