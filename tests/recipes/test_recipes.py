"""The recipes that ship: the line-up, and settings that their models and the trainer take at every size."""

import pytest
import torch

from headwork.base.recipes import SIZES, load_recipe, recipe_names, tasks, with_settings
from headwork.models import MODELS, config_of, kind_of
from headwork.train.config import train_config

RECIPES = recipe_names("classify")
DEFAULT = {
    "majority", "tfidf", "bag", "text-cnn", "bilstm-attention", "han", "transformer", "minilm-frozen", "minilm",
}  # fmt: skip
BY_NAME = {"text-cnn-static", "text-cnn-nonstatic", "bilstm-mean", "bilstm-max", "han-avg", "han-max"}


def test_the_line_up():
    assert DEFAULT | BY_NAME <= set(RECIPES)
    assert {name for name in RECIPES if load_recipe(name).default} == DEFAULT
    assert {load_recipe(name).kind for name in RECIPES} <= MODELS.keys()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", RECIPES)
def test_models_and_trainer_take_every_setting(name, size):
    recipe = with_settings(load_recipe(name), (), size=size)
    config = config_of(recipe)
    assert all(getattr(config, key) == value for key, value in recipe.model.items() if key != "kind")
    train_config(recipe)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_names_its_source(name):
    assert load_recipe(name).paper


@pytest.mark.parametrize("name", RECIPES)
def test_deterministic_is_what_draws_no_random_number(name):
    recipe = load_recipe(name)
    draws = kind_of(recipe).neural and train_config(recipe).fit != "logistic"
    assert recipe.deterministic != draws


@pytest.mark.parametrize("task", tasks())
def test_reading_settings_draws_no_random_number(task):
    before = torch.get_rng_state()
    for name in recipe_names(task):
        config_of(load_recipe(name, task))
    assert torch.equal(before, torch.get_rng_state())
