"""A grid makes one recipe for each combination, and words that mean nothing are refused."""

import pytest

from headwork.base.errors import HeadworkError
from headwork.compare.lineup import line_up


@pytest.mark.row("AT40")
def test_a_grid_is_every_combination() -> None:
    grid = ("model.score=dot,general,additive", "model.layers=1,2")
    recipes = line_up(["luong"], task="translate", grid=grid).recipes
    found = {(recipe.model["score"], recipe.model["layers"]) for recipe in recipes}
    assert found == {(score, layers) for score in ("dot", "general", "additive") for layers in (1, 2)}
    assert len({recipe.name for recipe in recipes}) == len(recipes) == 6
    assert recipes[0].name == "luong:score=dot,layers=1"


def test_a_recipe_without_the_setting_stands_once() -> None:
    recipes = line_up(["tfidf", "bag"], grid=("model.width=32,64",)).recipes
    assert [recipe.name for recipe in recipes] == ["tfidf", "bag:width=32", "bag:width=64"]


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("model.nothing=1,2", "none of bag has this setting"),
        ("model.width=32", "expected model.KEY=A,B"),
        ("model.width=32,32", "different values"),
        ("model.width", "expected model.KEY=A,B"),
        ("model.width=a,b", "bag"),
    ],
)
def test_a_grid_that_makes_no_sense_is_refused(word: str, told: str) -> None:
    with pytest.raises(HeadworkError, match=told):
        line_up(["bag"], grid=(word,))


def test_a_name_of_two_tasks_is_taken_for_the_one_that_all_names_have() -> None:
    assert line_up(["transformer"]).recipes[0].task == "classify"
    assert {recipe.task for recipe in line_up(["transformer", "bahdanau"]).recipes} == {"translate"}
    with pytest.raises(HeadworkError, match="--task nothing"):
        line_up(["bag"], task="nothing")
