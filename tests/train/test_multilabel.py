"""Learning labels: the loss, heads that do not know each other, what is kept, and a cut run that goes on to the bit."""

import msgspec
import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional as F

from headwork.base.recipes import load_recipe, with_settings
from headwork.data.corpus import Examples
from headwork.tasks.multilabel import new_labeller
from headwork.tasks.neural import NeuralClassifier
from headwork.train import fit as fit_module
from headwork.train.config import TrainConfig
from headwork.train.fit import fit
from headwork.train.logistic import features_of
from headwork.train.logistic_labels import fit_label_head
from headwork.train.multilabel import Label
from headwork.train.record import Place

LABELS = ("angry", "happy", "scared")
CONFIG = TrainConfig(epochs=3, patience=99, lr=5e-3, batch_tokens=400)
ROWS = list(range(12))


class PowerCutError(Exception):
    pass


def rows(count: int, seed: int) -> Examples:
    """Each label is told by a word of its own."""
    random = np.random.default_rng(seed)
    labels = random.random((count, 3)) < (0.5, 0.3, 0.2)
    texts = []
    for has in labels:
        words = [f"word{number}" for number in random.integers(0, 30, 5)]
        words += [LABELS[place] for place in np.flatnonzero(has)]
        texts.append(" ".join(random.permutation(words)))
    return Examples(texts, labels, np.arange(count))


def problem(name: str = "bag", config: TrainConfig = CONFIG, flip: int | None = None) -> Label:
    """`flip`: the label whose truths are turned around."""
    train, dev = rows(150, 0), rows(60, 1)
    recipe = with_settings(load_recipe(name, "multilabel"), ("model.dropout=0.0",), size="tiny")
    labeller = new_labeller(recipe, LABELS, train.texts, seed=0)
    assert isinstance(labeller.model, NeuralClassifier)
    if flip is not None:
        train.labels[:, flip] = ~train.labels[:, flip]
    return Label(labeller.model, train, dev, config, seed=3)


@pytest.mark.parametrize("name", ["bag", "bilstm-attention"])
def test_an_interrupted_fit_ends_with_the_same_bits(name, tmp_path, monkeypatch):
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", 0.0)

    def run(folder=None, cut_at: float = 2.0):
        def watch(share: float) -> None:
            if share >= cut_at:
                raise PowerCutError

        learning = problem(name)
        place = Place(folder / "plan.json", folder / "state.safetensors") if folder else None
        fitted = fit(learning, place=place, progress=watch)
        return learning.network.state_dict(), [(p.step, p.train_loss, p.dev_loss) for p in fitted.points]

    calm, calm_points = run()
    for cut_at in (0.2, 0.7):
        with pytest.raises(PowerCutError):
            run(tmp_path, cut_at)
    weights, points = run(tmp_path)
    assert all(torch.equal(calm[key], weights[key]) for key in calm)
    assert points == calm_points


@pytest.mark.row("BE12")
@pytest.mark.parametrize("focal", [0.0, 1.5])
@pytest.mark.parametrize("weighs", ["none", "balanced"])
def test_the_loss_is_the_binary_cross_entropy_of_all_labels(weighs, focal):
    learning = problem(config=msgspec.structs.replace(CONFIG, class_weights=weighs, focal=focal))
    logits = learning.network(learning.train.batch(ROWS))
    labels = learning.train_examples.labels
    truth = torch.tensor(labels[ROWS]).float()
    losses = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    chances = torch.where(truth > 0, logits.sigmoid(), 1 - logits.sigmoid())
    losses = losses * (1 - chances) ** focal
    if weighs == "balanced":
        shares = torch.tensor(labels.mean(0)).float()
        losses = losses * torch.where(truth > 0, 1 / (2 * shares), 1 / (2 * (1 - shares)))
    torch.testing.assert_close(learning.loss(ROWS), losses.sum(1).mean())


@pytest.mark.row("BE12")
@pytest.mark.parametrize("settings", [{}, {"class_weights": "balanced"}, {"focal": 2.0}], ids=str)
def test_the_head_of_a_label_does_not_know_the_truths_of_others(settings):
    """Turning the truths of one label around changes the slope of no other row of the head."""
    config = TrainConfig(batch_tokens=400, **settings)
    slopes = []
    for flip in (None, 1):
        learning = problem(config=config, flip=flip)
        head = learning.network.get_submodule("head")
        slopes.append(torch.autograd.grad(learning.loss(ROWS), list(head.parameters())))
    for before, after in zip(*slopes, strict=True):
        assert torch.equal(before[[0, 2]], after[[0, 2]])
        assert not torch.allclose(before[1], after[1])


def test_labels_are_smoothed_where_asked():
    learning = problem(config=TrainConfig(label_smoothing=0.3))
    logits = learning.network(learning.train.batch(ROWS))
    truth = torch.tensor(learning.train_examples.labels[ROWS]).float()
    expected = F.binary_cross_entropy_with_logits(logits, 0.7 * truth + 0.15, reduction="none").sum(1).mean()
    torch.testing.assert_close(learning.loss(ROWS), expected)


def test_both_sides_of_a_label_count_alike_where_asked():
    learning = problem(config=TrainConfig(class_weights="balanced"))
    assert learning.weights is not None
    for place, truth in enumerate(learning.train_examples.labels.T):
        expected = compute_class_weight("balanced", classes=np.array([False, True]), y=truth)
        np.testing.assert_allclose(learning.weights[:, place], expected, rtol=1e-6)


def test_a_look_is_the_macro_f1_at_the_best_thresholds():
    learning = problem()
    look, truth = learning.look(), learning.dev_examples.labels
    logits = learning.classifier.logits(learning.dev_examples.items)
    best = [max(f1_score(true, own >= z) for z in own) for own, true in zip(logits.T, truth.T, strict=True)]
    assert look.accuracy == pytest.approx(np.mean(best))
    assert look.rank == (look.accuracy, -look.loss)
    losses = F.binary_cross_entropy_with_logits(torch.tensor(logits), torch.tensor(truth).double(), reduction="none")
    assert look.loss == pytest.approx(losses.sum(1).mean().item(), rel=1e-5)


@pytest.mark.row("BE12")
@pytest.mark.parametrize("name", ["bag", "text-cnn", "bilstm-attention"])
def test_words_that_tell_a_label_are_learnt(name):
    learning = problem(name, config=TrainConfig(epochs=12, patience=12, lr=1e-2, batch_tokens=300))
    fit(learning)
    assert learning.look().accuracy > 0.9


@pytest.mark.parametrize("weighs", ["none", "balanced"])
def test_a_head_fitted_by_regression_gives_the_probabilities_of_each(weighs):
    train, dev = rows(150, 0), rows(60, 1)
    settings = ("train.fit=logistic", f"train.class_weights={weighs}")
    recipe = with_settings(load_recipe("transformer"), settings, size="tiny")
    labeller = new_labeller(recipe, LABELS, train.texts, seed=0)
    assert isinstance(labeller.model, NeuralClassifier)
    train.labels[:, 2] = False  # a label that training lacks
    fitted = fit_label_head(labeller.model, train, dev)
    features = features_of(labeller.model, train.texts)
    features /= features.std()
    found = labeller.probabilities(train.texts)
    weight = "balanced" if weighs == "balanced" else None
    for place in (0, 1):
        oracle = LogisticRegression(C=fitted.strength, max_iter=2000, class_weight=weight, tol=1e-8)
        expected = oracle.fit(features, train.labels[:, place]).predict_proba(features)[:, 1]
        np.testing.assert_allclose(found[:, place], expected, atol=2e-3)
    assert (found[:, 2] < 1e-6).all()
