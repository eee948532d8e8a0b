"""Recipes are strict, survive a round trip and take settings by path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.errors import HeadworkError
from headwork.base.recipes import Recipe, decode_recipe, encode_recipe, load_recipe, recipe_names, with_settings

values = st.one_of(
    st.integers(-(2**31), 2**31), st.booleans(), st.text(max_size=20), st.floats(allow_nan=False, allow_infinity=False)
)
tables = st.dictionaries(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), values, max_size=4)


@given(title=st.text(max_size=30), model=tables, train=tables)
def test_encoding_and_decoding_give_the_recipe_back(title: str, model: dict, train: dict) -> None:
    recipe = Recipe(name="x", title=title, paper="", rows=("AT01",), model=model, train=train)
    assert decode_recipe(encode_recipe(recipe), where="here") == recipe


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_is_called_like_its_file_and_names_its_paper(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.title
    assert decode_recipe(encode_recipe(recipe), where=name) == recipe


def test_a_wrong_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(HeadworkError, match=r"'hna'.*'han'"):
        load_recipe("hna")


def test_settings_are_toml_literals_or_text() -> None:
    recipe = Recipe(name="x", title="", paper="", model={"kind": "han"})
    changed = with_settings(
        recipe, ("model.heads=8", "model.dropout=0.2", "model.pool=max", "train.lr=1e-3"), size="tiny"
    )
    assert changed.model == {"kind": "han", "heads": 8, "dropout": 0.2, "pool": "max"}
    assert changed.train == {"lr": 1e-3}
    assert changed.size == "tiny"


@pytest.mark.parametrize("word", ["heads=8", "model.heads", "model.kind=bag", "rows.x=1", "model.=3"])
def test_settings_that_name_no_key_are_refused(word: str) -> None:
    with pytest.raises(HeadworkError, match="--set"):
        with_settings(Recipe(name="x", title="", paper=""), (word,))


@pytest.mark.parametrize("text", ["name = 3", "title = 'x'", "name = 'x'\ntitle = ''\npaper = ''\nsurprise = 1", "= ="])
def test_recipes_with_strange_keys_are_refused(text: str) -> None:
    with pytest.raises(HeadworkError, match="here"):
        decode_recipe(text, where="here")
