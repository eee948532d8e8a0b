"""Learning from triplets: the loss by loops, which negatives are taken, and what the encoder learns by it."""

import numpy as np
import pytest
import torch
from msgspec.structs import replace

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.data.corpus import Examples
from headwork.tasks.neural import NeuralClassifier
from headwork.train import fit as fit_module
from headwork.train.any import check_recipe, fit_any
from headwork.train.config import TrainConfig, train_config
from headwork.train.fit import fit
from headwork.train.record import Place
from headwork.train.triplet import FromTriplets, some_triplets, triplet_loss

CONFIG = TrainConfig(objective="hard-triplets", epochs=6, patience=9, lr=2e-3, batch_tokens=300)
CLASSES = ["red", "green", "blue"]


class PowerCutError(Exception):
    pass


def by_loops(vectors: np.ndarray, labels: list[int], margin: float) -> float:
    half, losses = len(labels) // 2, []
    for place in range(half):
        far = [
            np.linalg.norm(vectors[place] - x)
            for x, label in zip(vectors, labels, strict=True)
            if label != labels[place]
        ]
        if far:
            near = np.linalg.norm(vectors[place] - vectors[half + place])
            losses.append(max(0.0, near - min(far) + margin))
    return float(np.mean(losses))


@pytest.mark.row("BE25")
@pytest.mark.parametrize("margin", [0.1, 1.0, 5.0])
def test_the_loss_is_the_papers_with_the_hardest_negative(margin: float):
    random = np.random.default_rng(0)
    vectors, labels = random.normal(size=(20, 6)), [0, 1, 2, 2, 0, 1, 1, 1, 0, 2] * 2
    found = triplet_loss(torch.tensor(vectors), torch.tensor(labels), margin=margin, hard=True)
    assert found.item() == pytest.approx(by_loops(vectors, labels, margin))


def test_a_random_negative_is_any_of_another_class():
    vectors = torch.arange(8.0)[:, None] ** 2
    labels = torch.tensor([0, 1, 0, 0, 0, 1, 0, 0])
    torch.manual_seed(0)
    found = {triplet_loss(vectors, labels, margin=1e3, hard=False).item() for _ in range(200)}
    anchors, positives = vectors[:4, 0], vectors[4:, 0]
    choices = [[1, 5] if label == 0 else [0, 2, 3, 4, 6, 7] for label in labels[:4].tolist()]
    possible = {
        float(
            np.mean(
                [abs(a - p) - abs(a - vectors[n, 0]) + 1e3 for a, p, n in zip(anchors, positives, chosen, strict=True)]
            )
        )
        for chosen in np.array(np.meshgrid(*choices)).reshape(4, -1).T.tolist()
    }
    assert len(found) > 20 and all(min(abs(one - other) for other in possible) < 1e-2 for one in found)


def test_a_batch_of_one_class_teaches_nothing():
    vectors = torch.randn(6, 3, requires_grad=True)
    loss = triplet_loss(vectors, torch.zeros(6), margin=1.0, hard=True)
    loss.backward()
    assert loss.item() == 0 and not vectors.grad.any()
    same = torch.ones(4, 3, requires_grad=True)
    triplet_loss(same, torch.tensor([0, 1, 0, 1]), margin=1.0, hard=True).backward()
    assert same.grad.isfinite().all()


def test_dev_triplets_hold_two_of_one_class_and_one_of_another():
    labels = np.array([0, 0, 1, 2, 2, 2])
    found = some_triplets(labels, seed=0)
    assert found.anchors.tolist() == [0, 1, 3, 4, 5]
    for anchor, positive, negative in zip(*(rows.tolist() for rows in found), strict=True):
        assert anchor != positive and labels[anchor] == labels[positive] != labels[negative]
    assert [len(rows) for rows in some_triplets(np.zeros(3), seed=0)] == [0, 0, 0]


def test_a_positive_is_another_text_of_the_class(train, dev):
    learning = problem(train, dev)
    drawn = {row: {learning._mate(row) for _ in range(30)} for row in (0, 1, 2)}
    for row, mates in drawn.items():
        assert row not in mates and len(mates) > 5
        assert {int(train.labels[mate]) for mate in mates} == {int(train.labels[row])}


def problem(train: Examples, dev: Examples, config: TrainConfig = CONFIG) -> FromTriplets:
    words = ("train.objective=hard-triplets", "model.dropout=0.0")
    recipe = with_settings(load_recipe("transformer"), words, size="tiny")
    classifier = NeuralClassifier.new(recipe, CLASSES, train.texts, seed=0, offline=True, device="cpu")
    return FromTriplets(classifier, train, dev, config, seed=3)


@pytest.mark.row("BE25")
@pytest.mark.parametrize("objective", ["hard-triplets", "random-triplets"])
def test_texts_of_one_class_come_together_and_the_head_tells_them(train, dev, objective: str):
    learning = problem(train, dev, replace(CONFIG, objective=objective))
    before = learning.look()
    fit(learning)
    after = learning.look()
    assert after.accuracy > max(0.9, before.accuracy + 0.2)
    assert (learning.classifier.logits(dev.texts).argmax(1) == dev.labels).mean() > 0.9


def test_an_interrupted_fit_ends_with_the_same_bits(train, dev, tmp_path, monkeypatch):
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", 0.0)

    def run(folder=None, cut_at: float = 2.0):
        def watch(share: float) -> None:
            if share >= cut_at:
                raise PowerCutError

        learning = problem(train, dev, replace(CONFIG, epochs=2, objective="random-triplets"))
        fit(learning, place=Place(folder / "plan.json", folder / "state") if folder else None, progress=watch)
        return learning.network.state_dict()

    calm = run()
    with pytest.raises(PowerCutError):
        run(tmp_path, 0.5)
    again = run(tmp_path)
    assert all(torch.equal(calm[name], again[name]) for name in calm)


def test_a_recipe_of_triplets_is_fitted_by_triplets(train, dev):
    def new() -> NeuralClassifier:
        classifier = problem(train, dev).classifier
        classifier.recipe = with_settings(classifier.recipe, ("train.epochs=1",))
        return classifier

    chosen, expected = new(), new()
    fit_any(chosen, train, dev, seed=0)
    fit(FromTriplets(expected, train, dev, train_config(expected.recipe), seed=0))
    theirs = expected.network.state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in chosen.network.state_dict().items())


def test_the_recipe_decides(train, dev):
    learning = problem(train, dev)
    fitted = fit_any(learning.classifier, train, dev, seed=0, budget_seconds=1.0)
    assert fitted.points and fitted.points[-1].dev_accuracy > 0.3
    for name, task, told in (
        ("han", None, "no features apart from its head"),
        ("decomposable", "pair", "with classes"),
    ):
        with pytest.raises(HeadworkError, match=told):
            check_recipe(with_settings(load_recipe(name, task), ["train.objective=hard-triplets"]))
