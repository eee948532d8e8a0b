"""Training in bfloat16: products are rounded, weights and their gradients are not."""

from typing import cast

import numpy as np
import pytest
import torch

from headwork.base.recipes import load_recipe, with_settings
from headwork.data.corpus import Examples
from headwork.tasks.classify import new_classifier
from headwork.tasks.neural import NeuralClassifier
from headwork.train.classify import Classify
from headwork.train.config import train_config

TEXTS = [f"{word} day {place}" for place in range(20) for word in ("good", "bad")]


def loss(precision: str) -> tuple[float, torch.dtype]:
    """Of the first batch, and what the gradient of a weight is kept in."""
    settings = (f"train.precision={precision}", "model.dropout=0.0")
    recipe = with_settings(load_recipe("transformer"), settings, size="tiny")
    classifier = cast(NeuralClassifier, new_classifier(recipe, ["0", "1"], TEXTS, seed=0, offline=True, device="cpu"))
    data = Examples(TEXTS, np.array([0, 1] * 20), np.arange(40))
    learn = Classify(classifier, data, data, train_config(recipe), seed=0)
    found = learn.loss(range(40))
    found.backward()
    return found.item(), classifier.network.core.blocks[0].widen.weight.grad.dtype


def test_products_are_rounded_where_the_recipe_asks_and_the_processor_can(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("headwork.ops.linear.multiplies_bf16", lambda: True)
    exact, rounded = loss("fp32"), loss("bf16")
    assert 0 < abs(rounded[0] - exact[0]) < 0.02 * exact[0]
    assert rounded[1] == exact[1] == torch.float32
    monkeypatch.setattr("headwork.ops.linear.multiplies_bf16", lambda: False)
    assert loss("bf16") == exact
