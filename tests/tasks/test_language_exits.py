"""The threshold of early exits: chosen on dev, certified, stored with the model, shown."""

import numpy as np
import pytest
import torch

from headwork.base.recipes import load_recipe, with_settings
from headwork.tasks.language import Sampling, load_language_model, new_language_model
from headwork.tasks.language_exits import THRESHOLDS, calibrate, exit_of, likeliest
from headwork.tasks.language_insights import insights_of
from headwork.tasks.neural_language import NeuralLanguageModel
from headwork.train.config import TrainConfig
from headwork.train.fit import fit
from headwork.train.language import ModelLanguage

TRAIN = ["the cat sat on the mat. a dog sat on the log. " * 30]
DEV = ["the dog sat on the cat. the cat sat on the log. " * 60]
CONFIG = TrainConfig(epochs=4, patience=99, lr=1e-2, batch_tokens=128)


def trained(name: str, *settings: str) -> NeuralLanguageModel:
    recipe = with_settings(
        load_recipe(name, "language"), ("model.context=16", "model.layers=3", *settings), size="tiny"
    )
    model = new_language_model(recipe, TRAIN, seed=0, device="cpu")
    assert isinstance(model, NeuralLanguageModel)
    fit(ModelLanguage(model, TRAIN, DEV, CONFIG, seed=0))
    return model


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("transformer-early-exit", marks=pytest.mark.row("LC20")),
        pytest.param("transformer-depth-adaptive", marks=pytest.mark.row("LC19")),
    ],
)
def model(request) -> NeuralLanguageModel:
    found = trained(request.param)
    calibrate(found, DEV)
    return found


def pieces_of(model: NeuralLanguageModel, text: str) -> torch.Tensor:
    ids = model.vocabulary.encode(text).ids
    return torch.from_numpy(ids[: len(ids) // 16 * 16]).view(-1, 16)


def test_the_threshold_is_the_last_that_dev_allows(model) -> None:
    decides, pieces = exit_of(model), pieces_of(model, DEV[0])
    assert decides is not None
    chosen = decides.threshold.item()
    place = int(np.argmin([abs(threshold - chosen) for threshold in THRESHOLDS]))
    assert chosen == pytest.approx(THRESHOLDS[place])
    differs = []
    with torch.no_grad():
        decides.threshold.fill_(torch.inf)
        full = likeliest(model, pieces)
        for threshold in THRESHOLDS[: place + 2]:
            decides.threshold.fill_(threshold)
            differs.append((likeliest(model, pieces) != full).double().mean().item())
    decides.threshold.fill_(chosen)
    assert max(differs[: place + 1]) < model.config.exit_risk
    assert len(differs) == place + 1 or differs[-1] > 0.02  # the next is refused for a reason


def test_it_is_measured_by_the_full_network_whatever_the_threshold_was(model) -> None:
    decides = exit_of(model)
    chosen = decides.threshold.clone()
    decides.threshold.fill_(0.0)
    calibrate(model, DEV)
    assert torch.equal(decides.threshold, chosen)


def test_tokens_leave_early_and_the_report_says_where(model) -> None:
    ids = model.vocabulary.encode(DEV[0][:400]).ids
    before = exit_of(model).threshold.clone()
    shown = insights_of(model, ids)
    assert torch.equal(exit_of(model).threshold, before)
    assert shown.exits is not None and shown.ponder is not None
    assert 1 <= shown.exits.depth < 3 and shown.exits.differs <= shown.exits.risk
    assert set(shown.ponder.steps) <= {1.0, 2.0, 3.0} and len(shown.ponder.tokens) == 15
    assert shown.exits.nats == pytest.approx(model.read(ids).nats.mean(), abs=1e-6)


def test_stored_and_loaded_it_leaves_at_the_same_layers(model, tmp_path) -> None:
    model.save(tmp_path)
    again = load_language_model(tmp_path)
    assert isinstance(again, NeuralLanguageModel)
    assert torch.equal(exit_of(again).threshold, exit_of(model).threshold)
    one, two = (m.generate("the ", tokens=30, sampling=Sampling(), seed=5).text for m in (model, again))
    assert one == two


@pytest.mark.row("LC20")
def test_too_little_text_certifies_nothing() -> None:
    recipe = with_settings(load_recipe("transformer-early-exit", "language"), ("model.context=16",), size="tiny")
    model = new_language_model(recipe, TRAIN, seed=0, device="cpu")
    assert isinstance(model, NeuralLanguageModel)
    calibrate(model, [DEV[0][:100]])
    assert exit_of(model).threshold.isinf()
    shown = insights_of(model, model.vocabulary.encode(DEV[0][:100]).ids).exits
    assert shown is not None and shown.threshold is None and shown.depth == 2 and shown.differs == 0
