"""Streams through a text: each token once, memory from segment to segment, a stopped run that goes on to the bit."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.tasks.language import new_language_model
from headwork.tasks.neural_language import NeuralLanguageModel
from headwork.train import fit as fit_module
from headwork.train.config import TrainConfig
from headwork.train.fit import fit
from headwork.train.language import ModelLanguage
from headwork.train.record import Fitted, Place

DOCUMENTS = ["abcdefgh" * 40, "the cat sat on the mat. " * 30, "hgfedcba" * 25]
DEV = ["the cat sat on the mat. abcdefgh" * 4]
CONFIG = TrainConfig(epochs=3, patience=99, lr=5e-3, batch_tokens=64)


class PowerCutError(Exception):
    pass


def problem(name: str = "transformer-xl", *settings: str, config: TrainConfig = CONFIG) -> ModelLanguage:
    recipe = with_settings(load_recipe(name, "language"), ("model.context=16", *settings), size="tiny")
    model = new_language_model(recipe, DOCUMENTS, seed=0, device="cpu")
    assert isinstance(model, NeuralLanguageModel)
    return ModelLanguage(model, DOCUMENTS, DEV, config, seed=3)


@pytest.mark.parametrize("name", ["transformer", "transformer-xl", "lstm"])
def test_an_epoch_sees_every_token_once_but_for_a_rest(name) -> None:
    learning = problem(name)
    for epoch in range(3):
        batches = learning.batches(epoch)
        assert batches == learning.batches(epoch)
        seen = [(first + t) % len(learning.text) for rows in batches for first in rows for t in range(16)]
        assert len(seen) == len(set(seen)) > len(learning.text) - 16 * learning.streams
    assert learning.batches(0) != learning.batches(1)


def test_streams_go_on_from_batch_to_batch() -> None:
    learning = problem("transformer-xl")
    batches = learning.batches(0)
    for before, after in itertools.pairwise(batches):
        assert [(first + 16) % len(learning.text) for first in before] == after


def test_memory_is_handed_on_where_the_text_goes_on_and_only_there() -> None:
    learning = problem("transformer-xl")
    network, text = learning.model.network.eval(), torch.from_numpy(learning.text)
    learning.loss([100, 300])
    found = learning.loss([116, 700])
    whole = torch.stack([text[100:133]])
    memory = network(whole[:, :16]).memory
    one = network.loss(network(whole[:, 16:32], memory).states, whole[:, 17:33])
    other = network.loss(network(text[None, 700:716]).states, text[None, 701:717])
    torch.testing.assert_close(found, (one + other) / 2)


def run(
    folder: Path | None = None, *, name: str = "transformer-xl", cut_at: float = 2.0
) -> tuple[dict[str, torch.Tensor], Fitted]:
    def watch(share: float) -> None:
        if share >= cut_at:
            raise PowerCutError

    learning = problem(name, "model.dropout=0.1")
    place = Place(folder / "plan.json", folder / "state.safetensors") if folder else None
    fitted = fit(learning, place=place, progress=watch)
    return learning.network.state_dict(), fitted


@pytest.mark.parametrize("name", ["transformer-xl", "lstm", "awd-lstm", "transformer"])
@pytest.mark.parametrize("cuts", [(0.04,), (0.3, 0.35, 0.9)])
def test_an_interrupted_fit_ends_with_the_same_bits(tmp_path, monkeypatch, name, cuts) -> None:
    calm, calm_fitted = run(name=name)
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", 0.0)
    for cut_at in cuts:
        with pytest.raises(PowerCutError):
            run(tmp_path, name=name, cut_at=cut_at)
    weights, fitted = run(tmp_path, name=name)
    assert all(torch.equal(calm[key], weights[key]) for key in calm)
    assert [point.dev_loss for point in fitted.points] == [point.dev_loss for point in calm_fitted.points]


def test_a_checkpoint_that_forgets_the_memory_is_noticed(tmp_path, monkeypatch) -> None:
    calm, _ = run()
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", 0.0)
    with pytest.raises(PowerCutError):
        run(tmp_path, cut_at=0.3)
    load = fit_module.load_checkpoint
    monkeypatch.setattr(fit_module, "load_checkpoint", lambda *given: load(*given)._replace(carried={}))
    weights, _ = run(tmp_path)
    assert not all(torch.equal(calm[key], weights[key]) for key in calm)


def test_dev_is_looked_at_evenly_within_an_epoch(monkeypatch) -> None:
    learning = problem("transformer")
    learning.looks = 4
    steps = len(learning.batches(0))
    fitted = fit(learning)
    assert len(fitted.points) == 3 * 4
    gaps = np.diff([0, *(point.step for point in fitted.points)])
    assert gaps.max() - gaps.min() <= 1 and fitted.points[3].step == steps
    assert fitted.points[-1].dev_loss < fitted.points[0].dev_loss


def test_a_text_too_short_for_a_segment_is_refused() -> None:
    recipe = with_settings(load_recipe("transformer", "language"), ("model.context=500",), size="tiny")
    model = new_language_model(recipe, DOCUMENTS, seed=0, device="cpu")
    assert isinstance(model, NeuralLanguageModel)
    with pytest.raises(HeadworkError, match=r"dev side has 129 tokens, too few .* model.context=32"):
        ModelLanguage(model, DOCUMENTS, DEV, CONFIG, seed=0)
