"""What a GPU alone can get wrong. It is the default where there is one: other tests of commands run on it, too."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.train.conftest import make_examples
from torch import nn

from headwork.base.recipes import load_recipe, with_settings
from headwork.ops.chance import random_state, repeat_on, set_random_state
from headwork.tasks.neural import NeuralClassifier
from headwork.train import fit as fit_module
from headwork.train.any import fit_any
from headwork.train.record import Place

DEVICE = "cuda"


@pytest.fixture(autouse=True)
def gpu() -> None:
    if not torch.cuda.is_available():
        pytest.skip("no GPU on this machine")
    repeat_on(DEVICE)


class PowerCutError(Exception):
    pass


def learnt(name: str, folder: Path | None = None, cut_at: float = 2.0, device: str = DEVICE) -> NeuralClassifier:
    settings = ("train.epochs=3", "train.batch_tokens=512", "model.dropout=0.3")
    recipe = with_settings(load_recipe(name), settings, size="tiny")
    train, dev = make_examples(120), make_examples(40, seed=1)
    classifier = NeuralClassifier.new(recipe, ["a", "b", "c"], train.texts, seed=0, offline=True, device=device)
    place = Place(folder / "plan.json", folder / "state.safetensors") if folder else None

    def watch(share: float) -> None:
        if share >= cut_at:
            raise PowerCutError

    fit_any(classifier, train, dev, seed=3, place=place, progress=watch)
    return classifier


@pytest.mark.parametrize("name", ["transformer", "transformer-entmax", "bilstm-attention", "text-cnn", "han"])
def test_an_interrupted_fit_ends_with_the_same_bits(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", 0.0)
    calm = learnt(name).network.state_dict()
    for cut_at in (0.3, 0.7):
        with pytest.raises(PowerCutError):
            learnt(name, tmp_path, cut_at)
    killed = learnt(name, tmp_path).network.state_dict()
    assert all(torch.equal(calm[key], killed[key]) for key in calm)


@pytest.mark.parametrize("name", ["transformer", "transformer-entmax", "bilstm-attention", "text-cnn", "han"])
def test_what_was_learnt_there_answers_the_same_on_a_processor(name: str, tmp_path: Path):
    classifier, texts = learnt(name), make_examples(40, seed=2).texts
    there = classifier.logits(texts)
    classifier.network.to("cpu")
    classifier.device = "cpu"
    classifier.changed()
    np.testing.assert_allclose(classifier.logits(texts), there, atol=2e-4)


def test_both_random_states_come_back():
    state = random_state()
    drawn = [torch.rand(5, device=device) for device in ("cpu", DEVICE)]
    set_random_state(state)
    assert all(torch.equal(torch.rand(5, device=one.device), one) for one in drawn)


def test_single_precision_is_not_rounded_to_tf32():
    torch.manual_seed(0)
    x, layer = torch.randn(8, 64, 200), nn.Conv1d(64, 64, 5)
    expected = layer.double()(x.double())
    found = layer.float().to(DEVICE)(x.to(DEVICE)).double().cpu()
    assert (found - expected).abs().max() < 1e-5  # TF32 is 1e-3 off
