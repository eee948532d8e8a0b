"""Learning to tag: the loss, what is kept, and a cut run that goes on to the bit."""

import numpy as np
import pytest
import torch

from headwork.base.recipes import load_recipe, with_settings
from headwork.data.conll import Sentence
from headwork.data.tagged import TaggedExamples
from headwork.measure.entities import facts_of, micro_f1
from headwork.tasks.neural_tag import NeuralTagger
from headwork.tasks.tag import new_tagger
from headwork.train import fit as fit_module
from headwork.train.config import TrainConfig
from headwork.train.fit import fit
from headwork.train.record import Place
from headwork.train.tag import Tag

TAGS = ["O", "B-who", "I-who"]
CONFIG = TrainConfig(epochs=3, patience=99, lr=1e-2, batch_tokens=200)
SCRATCH = ("model.pretrained=", "model.tokens=wordpiece", "model.freeze=nothing")


class PowerCutError(Exception):
    pass


def sentences(count: int, seed: int) -> TaggedExamples:
    """Names in capitals, of one word or two, among small words."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        words, tags = [], []
        for _ in range(random.integers(2, 6)):
            if random.random() < 0.4:
                name = random.choice(["Ada", "Bob", "Cyd", "Dan"], size=random.integers(1, 3)).tolist()
                words, tags = [*words, *name], [*tags, "B-who", *["I-who"] * (len(name) - 1)]
            words, tags = [*words, str(random.choice(["saw", "met", "and", "ran"]))], [*tags, "O"]
        found.append(Sentence(" ".join(words), tuple(words), (), tuple(tags), ()))
    return TaggedExamples(found, np.arange(count), TAGS)


def problem(name: str = "bilstm", config: TrainConfig = CONFIG, *settings: str) -> Tag:
    train, dev = sentences(120, 0), sentences(40, 1)
    words = SCRATCH if name == "minilm" else ()
    recipe = with_settings(load_recipe(name, "tag"), (*words, *settings), size="tiny")
    tagger = new_tagger(recipe, TAGS, train.items, seed=0)
    assert isinstance(tagger, NeuralTagger)
    return Tag(tagger, train, dev, config, seed=3)


@pytest.mark.parametrize("name", ["bilstm", "minilm"])
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

    calm, points = run()
    with pytest.raises(PowerCutError):
        run(tmp_path, 0.4)
    resumed, again = run(tmp_path)
    assert again == points
    assert all(torch.equal(calm[key], resumed[key]) for key in calm)


@pytest.mark.parametrize("settings", [(), ("model.max_tokens=7",)], ids=["whole", "windows"])
def test_the_loss_is_that_of_each_word_once(settings):
    """Also where sentences are read in windows that overlap."""
    learning = problem("bilstm", CONFIG, "model.dropout=0.0", "model.unseen=0.0", *settings)
    rows = [*range(len(learning.train.ids))]
    assert (learning.train.in_windows > 0) == bool(settings)
    loss = learning.loss(rows).item()
    logits = learning.tagger.logits_of(learning.train, learning.network)
    chances = logits.log_softmax(1)[torch.arange(len(learning.labels)), learning.labels]
    assert len(learning.labels) == learning.train.total
    assert loss == pytest.approx(-chances.mean().item(), rel=1e-5)


def test_names_are_learnt_and_the_best_weights_are_kept():
    learning = problem("bilstm", TrainConfig(epochs=8, patience=99, lr=2e-2, batch_tokens=200))
    fitted = fit(learning)
    dev = learning.dev_examples
    found = learning.tagger.tag(dev.items)
    score = float(micro_f1(facts_of(dev.truth, found, TAGS).sum(0)))
    assert score == pytest.approx(max(point.dev_accuracy for point in fitted.points))
    assert score > 0.95
