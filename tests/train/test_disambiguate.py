"""Learning senses: the loss, what dev chooses, and a cut run that goes on to the bit."""

from typing import Any

import numpy as np
import pytest
import torch

from headwork.base.disambiguate import Inventory
from headwork.base.recipes import load_recipe, with_settings
from headwork.data.senses import SenseExamples
from headwork.models.sense_memory import SenseMemory
from headwork.tasks.disambiguate import new_disambiguator
from headwork.tasks.neural_disambiguate import NeighbourDisambiguator, NeuralDisambiguator
from headwork.train import fit as fit_module
from headwork.train.config import TrainConfig
from headwork.train.disambiguate import NEIGHBOURS, Disambiguate, keep_vectors
from headwork.train.fit import fit
from headwork.train.record import Place

INVENTORY = Inventory(["duck: bird", "duck: cloth", "mole: animal", "mole: spot", "mole: spy"])
TELLING = ("swims", "sewn", "digs", "itches", "listens")
CONFIG = TrainConfig(epochs=3, patience=99, lr=1e-2, batch_tokens=300)
SCRATCH = ("model.pretrained=", "model.tokens=words", "model.freeze=nothing", "model.dropout=0.0")


class PowerCutError(Exception):
    pass


def examples(count: int, seed: int) -> SenseExamples:
    """The word behind a marked one tells its sense."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 5, count)
    words = [("duck", "mole")[INVENTORY.of_class[label]] for label in labels]
    texts = [f"the {word} {TELLING[label]} {n % 7}" for n, (word, label) in enumerate(zip(words, labels, strict=True))]
    return SenseExamples(texts, labels, np.arange(count), words, [4] * count, [8] * count)


def model_of(name: str, train: SenseExamples) -> NeuralDisambiguator:
    recipe = with_settings(load_recipe(name, "disambiguate"), SCRATCH, size="tiny")
    made = new_disambiguator(recipe, INVENTORY, train.texts, seed=0)
    assert isinstance(made, NeuralDisambiguator)
    return made


def problem(config: TrainConfig = CONFIG) -> Disambiguate:
    train = examples(120, 0)
    return Disambiguate(model_of("minilm", train), train, examples(40, 1), config, seed=3)


@pytest.mark.row("BE15")
def test_the_loss_is_over_the_senses_of_the_word_alone():
    learning = problem()
    rows = [5, 0, 17, 30]
    loss = learning.loss(rows).item()
    network: Any = learning.network
    head, hidden = network.head, network.encode(learning.train.batch(rows))
    costs = []
    for vector, label in zip(hidden, learning.labels[rows].tolist(), strict=True):
        own = np.flatnonzero(INVENTORY.of_class == INVENTORY.of_class[label])
        logits = head.weight[own] @ vector + head.bias[own]
        costs.append(-logits.log_softmax(0)[own.tolist().index(label)].item())
    assert loss == pytest.approx(np.mean(costs), rel=1e-5)


def test_senses_are_learnt_and_the_best_weights_are_kept():
    learning = problem(TrainConfig(epochs=8, patience=99, lr=1e-2, batch_tokens=300))
    fitted = fit(learning)
    dev = learning.dev_examples
    found = learning.classifier.logits(dev.items).argmax(1)
    score = float((found == dev.labels).mean())
    assert score == pytest.approx(max(point.dev_accuracy for point in fitted.points)) and score > 0.95


def test_an_interrupted_fit_ends_with_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", 0.0)

    def run(folder=None, cut_at: float = 2.0):
        def watch(share: float) -> None:
            if share >= cut_at:
                raise PowerCutError

        learning = problem()
        place = Place(folder / "plan.json", folder / "state.safetensors") if folder else None
        fitted = fit(learning, place=place, progress=watch)
        return learning.network.state_dict(), [(p.step, p.train_loss, p.dev_loss) for p in fitted.points]

    calm, points = run()
    with pytest.raises(PowerCutError):
        run(tmp_path, 0.4)
    resumed, again = run(tmp_path)
    assert again == points
    assert all(torch.equal(calm[key], resumed[key]) for key in calm)


@pytest.mark.parametrize("devs", [40, 2], ids=["by dev", "by training texts"])
def test_dev_chooses_the_layer_and_how_many_vote(devs, monkeypatch):
    """Where the second layer alone knows senses; of two dev texts all layers know as much, as they are in training."""
    train, dev = examples(120, 0), examples(devs, 1)
    model = model_of("sense-neighbours", train)
    assert isinstance(model, NeighbourDisambiguator)
    random, layers = np.random.default_rng(0), model.network.layers
    assert layers == (1, 2, "all")
    centres = random.normal(size=(5, 8))

    def at_layers(items) -> np.ndarray:
        side = train if len(items) == len(train) else dev
        found = random.normal(size=(len(items), 3, 8)).astype(np.float32)
        found[:, 1] = centres[side.labels] + 0.9 * found[:, 1]
        return found

    vectors = at_layers(train.items)
    asked = at_layers(dev.items) if devs > 2 else vectors[[train.labels.tolist().index(each) for each in dev.labels]]
    monkeypatch.setattr(model, "at_layers", lambda items: vectors if len(items) == len(train) else asked)
    choice, scores = keep_vectors(model, train, dev), {}
    for place, layer in enumerate(layers):
        for k in NEIGHBOURS:
            memory = SenseMemory.of(vectors[:, place], train.labels, INVENTORY.of_class, k=k)
            found = memory.logits(asked[:, place], INVENTORY.of_class[dev.labels]).argmax(1)
            left_out = (memory.left_out(np.arange(120)).argmax(1) == train.labels).mean()
            scores[layer, k] = ((found == dev.labels).mean(), left_out)
    assert choice.layer == 2 and scores[choice.layer, choice.k] == max(scores.values())
    assert choice.accuracy == scores[choice.layer, choice.k][0]
    assert (scores[1, 1][0] == choice.accuracy) == (devs == 2), "two texts do not decide"
    assert model.network.layers == (2,) and model.memory.k == choice.k and model.chosen.startswith("layer 2, ")
    kept = vectors[:, 1]
    assert model.memory.vectors == pytest.approx(kept / np.linalg.norm(kept, axis=1, keepdims=True))


def test_what_is_kept_is_what_is_asked(tmp_path):
    """A training text that is asked has its own vector, at the layer that was chosen."""
    train = examples(60, 0)
    model = model_of("sense-neighbours", train)
    assert isinstance(model, NeighbourDisambiguator)
    keep_vectors(model, train, examples(20, 1))
    found = model.vectors(train.items)
    assert model.memory.vectors == pytest.approx(found / np.linalg.norm(found, axis=1, keepdims=True), abs=1e-6)
