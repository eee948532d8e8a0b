"""Every network learns real text better than the shares of its letters."""

from pathlib import Path

import numpy as np
import pytest
import torch
from msgspec.structs import replace

from headwork.base.recipes import load_recipe, recipe_names, with_settings
from headwork.models import config_of, kind_of
from headwork.models.ngram import Ngram, NgramConfig
from headwork.tasks.language import new_language_model
from headwork.tasks.language_insights import insights_of
from headwork.tasks.neural_language import NeuralLanguageModel
from headwork.train.config import TrainConfig
from headwork.train.fit import fit
from headwork.train.language import ModelLanguage

NETWORKS = [
    name
    for name in recipe_names("language")
    if kind_of(recipe := load_recipe(name, "language")).neural and config_of(recipe).context
]
"""those of pictures alone have no context of their own"""
CONFIG = TrainConfig(epochs=2, patience=99, lr=1e-2, batch_tokens=512, weight_decay=0.0)
EXITING = ("transformer-early-exit", "transformer-depth-adaptive")
SHOWS = {"adaptive-span": "spans", "product-key": "slots", "memorizing": "gates"} | dict.fromkeys(EXITING, "exits")
PONDERS = {"universal", *EXITING}


@pytest.fixture(scope="module")
def play(real_data: Path) -> tuple[list[str], list[str]]:
    text = (real_data / "tinyshakespeare" / "train.txt").read_text()
    return [text[:40_000]], [text[40_000:44_000]]


@pytest.mark.row("LC01", "LC02", "LC03", "LC04", "LC05", "LC06", "LC07", "LC08", "LC09")
@pytest.mark.row("LC18", "LC19", "LC20", "ME09", "AT27", "AT31")
@pytest.mark.parametrize("name", NETWORKS)
def test_it_learns_more_than_the_shares_of_letters(play, name) -> None:
    train, dev = play
    settings = ("model.pairs=64",) if name == "memorizing" else ()
    recipe = with_settings(load_recipe(name, "language"), settings, size="tiny")
    model = new_language_model(recipe, train, seed=0, device="cpu")
    assert isinstance(model, NeuralLanguageModel)
    encoded = [model.vocabulary.encode(text[0]).ids for text in (train, dev)]
    letters = Ngram(NgramConfig(order=1))
    letters.fit(encoded[0], vocabulary=model.vocabulary.size)
    config = replace(CONFIG, lr=3e-3) if recipe.model.get("norm") == "post" else CONFIG
    fitted = fit(ModelLanguage(model, train, dev, config, seed=0))
    (nats,) = model.nats([encoded[1]])
    assert nats.mean() < letters.nats(encoded[1]).mean() - 0.3
    assert fitted.points[-1].dev_loss < fitted.points[0].dev_loss or len(fitted.points) == 1
    shown = insights_of(model, encoded[1])
    for kind in ("spans", "slots", "gates", "exits"):
        assert bool(getattr(shown, kind)) == (SHOWS.get(name) == kind)
    assert bool(shown.ponder) == (name in PONDERS)


@pytest.mark.row("ME09")
def test_use_of_slots_is_that_of_every_look_up(play) -> None:
    train, dev = play
    recipe = with_settings(load_recipe("product-key", "language"), (), size="tiny")
    model = new_language_model(recipe, train, seed=0, device="cpu")
    assert isinstance(model, NeuralLanguageModel)
    ids = model.vocabulary.encode(dev[0][:200]).ids
    (use,) = insights_of(model, ids).slots
    network = model.network.eval()
    seen: list[torch.Tensor] = []
    memory = network.blocks[1].slots  # type: ignore[index]
    lookup = memory.lookup
    memory.lookup = lambda query: seen.append(lookup(query)) or seen[-1]
    model.read(ids)
    weight = np.zeros(use.slots)
    for slots in seen:
        np.add.at(weight, slots.indices.numpy().ravel(), slots.weights.detach().numpy().ravel())
    shares = weight[weight > 0] / weight.sum()
    assert use.share == pytest.approx((weight > 0).mean())
    assert use.divergence == pytest.approx(np.log(use.slots) + (shares * np.log(shares)).sum(), abs=1e-6)
