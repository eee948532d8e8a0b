"""Small translators of every recipe, for the tests."""

from typing import Any

import torch

from headwork.base.recipes import load_recipe, with_settings
from headwork.models import config_of, kind_of

VOCABULARY = 30
TINY = {
    "rnn-translator": ("width=8", "hidden=8"),
    "transformer-translator": ("dim=16", "layers=2", "heads=2", "ff=16"),
}


def translator(name: str, *settings: str, seed: int = 0, vocabulary: int = VOCABULARY) -> Any:
    """The network of a recipe in float64 without dropout, with some more settings of its model."""
    recipe = load_recipe(name, "translate")
    words = [f"model.{word}" for word in (*TINY[recipe.kind], "dropout=0.0", "max_tokens=40", *settings)]
    recipe = with_settings(recipe, tuple(words))
    torch.manual_seed(seed)
    return kind_of(recipe).load()[0](config_of(recipe), vocabulary=vocabulary).double()
