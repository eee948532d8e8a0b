"""The recipes that ship: the line-up, and settings that their models and the trainer take at every size."""

import pytest
import torch

from headwork.base.recipes import SIZES, load_recipe, recipe_names, tasks, with_settings
from headwork.models import MODELS, config_of, kind_of
from headwork.train.config import CLASSIFYING, train_config

RECIPES = recipe_names("classify")
DEFAULT = {
    "majority", "tfidf", "bag", "text-cnn", "bilstm-attention", "han", "transformer", "minilm-frozen", "minilm",
}  # fmt: skip
BY_NAME = {"text-cnn-static", "text-cnn-nonstatic", "bilstm-mean", "bilstm-max", "han-avg", "han-max"}


def test_the_line_up():
    assert DEFAULT | BY_NAME <= set(RECIPES)
    assert {name for name in RECIPES if load_recipe(name).default} == DEFAULT
    assert {load_recipe(name).kind for name in RECIPES} <= MODELS.keys()


def test_labels_are_learnt_by_the_models_of_classes():
    """The same architecture and settings, with another loss: only the baselines are models of their own."""
    for name in recipe_names("multilabel"):
        mine, theirs = load_recipe(name, "multilabel"), load_recipe(name, "classify")
        assert mine.deterministic == theirs.deterministic
        assert mine.rows == (("BE12",) if mine.default else theirs.rows)
        if kind_of(mine).neural:
            assert (mine.model, mine.train) == (theirs.model, theirs.train)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("task", "name"), [(task, name) for task in CLASSIFYING for name in recipe_names(task)])
def test_models_and_trainer_take_every_setting(task, name, size):
    recipe = with_settings(load_recipe(name, task), (), size=size)
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
