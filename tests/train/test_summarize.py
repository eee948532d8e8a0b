"""Learning to choose: the loss against its formula, what is learnt from, and a cut run that goes on to the bit."""

import math

import numpy as np
import pytest
import torch
from tests.tasks.test_summarize import SMALL, summaries

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.data.summaries import Summaries
from headwork.measure.rouge import Judge
from headwork.tasks.neural_summary import NeuralChooser
from headwork.tasks.summarize import best_sentences, new_summarizer
from headwork.train import fit as fit_module
from headwork.train.any import fit_any
from headwork.train.config import TrainConfig
from headwork.train.fit import fit
from headwork.train.record import Place
from headwork.train.summarize import Choose

CONFIG = TrainConfig(epochs=2, patience=99, lr=5e-3, batch_tokens=300)


class PowerCutError(Exception):
    pass


def problem(*settings: str, train: Summaries | None = None, config: TrainConfig = CONFIG, seed: int = 3) -> Choose:
    train = train or summaries(40)
    recipe = with_settings(load_recipe("transformer-ext", "summarize"), (*SMALL, *settings), size="tiny")
    chooser = new_summarizer(recipe, train, seed=seed)
    assert isinstance(chooser, NeuralChooser)
    return Choose(chooser, train, summaries(12, 1), config, seed=seed)


def test_the_loss_is_the_mean_over_sentences():
    learning = problem()
    rows = [4, 1, 7]
    learning.network.eval()
    loss = learning.loss(rows).item()
    train = summaries(40)
    expected, count = 0.0, 0
    for row in rows:
        (scores,) = learning.chooser.scores([train.items[row]])
        for place, p in enumerate(scores):
            expected -= math.log(p if "key" in train.items[row][place] else 1 - p)
            count += 1
    assert loss == pytest.approx(expected / count, rel=1e-5)


def test_what_is_to_be_chosen_is_what_people_wrote():
    side = summaries(20)
    labels = best_sentences(side.items, side.references, "latin")
    assert all("key" in document[places[0]] for document, places in zip(side.items, labels, strict=True))
    assert all(len(places) == 1 for places in labels)
    other = summaries(20)
    other.labels[:] = [f"{label}\n\n{document[0]}" for label, document in zip(side.labels, side.items, strict=True)]
    assert best_sentences(other.items, other.references, "latin") == labels  # of several people the first


def test_documents_without_a_sentence_to_choose_are_left_out_and_counted():
    train = summaries(40)
    train.labels[5] = "nothing in common"
    learning = problem(train=train)
    assert len(learning.lengths) == 39 and learning.chooser.unlearnable(train) == 1
    train = summaries(40)
    train.labels[:] = "nothing in common"
    with pytest.raises(HeadworkError, match="no training summary has a word in common"):
        problem(train=train)
    features = new_summarizer(load_recipe("features", "summarize"), train, seed=0)
    with pytest.raises(HeadworkError, match="no training summary has a word in common"):
        fit_any(features, train, train, seed=0)


def test_of_a_long_document_some_windows_are_learnt_from():
    train = summaries(40, longest=9)
    learning = problem("model.train_windows=2", "model.max_tokens=16", train=train)
    assert max(map(len, learning.train.windows)) == 2 and max(learning.train.lengths) <= 32
    assert all(
        len(labels) == len(places) for labels, places in zip(learning.labels, learning.train.places, strict=True)
    )
    for document, places, own in zip(train.items, learning.train.places, learning.labels, strict=True):
        assert own.tolist() == [float("key" in document[place]) for place in places]
    whole = problem("model.train_windows=0", "model.max_tokens=16", train=train)
    assert max(map(len, whole.train.windows)) > 2


def test_a_look_is_the_rouge_l_of_what_is_chosen():
    learning = problem()
    look = learning.look()
    dev = summaries(12, 1)
    learning.chooser.settle(dev)
    found = learning.chooser.summarize(dev.items)
    scores = [Judge(r).of_text(one.text)[2] for r, one in zip(dev.references, found, strict=True)]
    assert look.accuracy == pytest.approx(np.mean(scores)) and look.rank == (look.accuracy, -look.loss)


def test_an_interrupted_fit_ends_with_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", 0.0)

    def run(folder=None, cut_at: float = 2.0):
        def watch(share: float) -> None:
            if share >= cut_at:
                raise PowerCutError

        learning = problem("model.dropout=0.1")
        place = Place(folder / "plan.json", folder / "state.safetensors") if folder else None
        fitted = fit(learning, place=place, progress=watch)
        return learning.network.state_dict(), [(p.step, p.train_loss, p.dev_loss) for p in fitted.points]

    calm, calm_points = run()
    with pytest.raises(PowerCutError):
        run(tmp_path, 0.5)
    weights, points = run(tmp_path)
    assert all(torch.equal(calm[key], weights[key]) for key in calm) and points == calm_points


@pytest.mark.slow
@pytest.mark.row("BE17")
def test_the_sentence_with_the_key_word_is_learnt():
    train, dev, test = summaries(300), summaries(40, 1), summaries(80, 2)
    recipe = with_settings(load_recipe("transformer-ext", "summarize"), SMALL, size="tiny")
    chooser = new_summarizer(recipe, train, seed=0)
    assert isinstance(chooser, NeuralChooser)
    fit(Choose(chooser, train, dev, TrainConfig(epochs=25, patience=25, lr=3e-3, batch_tokens=600), seed=0))
    chooser.settle(dev)
    found = chooser.summarize(test.items)
    right = [one.text == references[0] for one, references in zip(found, test.references, strict=True)]
    assert chooser.sentences == 1 and np.mean(right) > 0.95
