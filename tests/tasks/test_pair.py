"""What a stored matcher of text pairs brings back."""

import numpy as np
import pytest

from headwork.base.recipes import load_recipe, with_settings
from headwork.data.pairs import PairExamples
from headwork.tasks.classical_pair import ClassicalMatcher
from headwork.tasks.pair import Target, load_matcher, new_matcher


@pytest.mark.parametrize("name", ["overlap", "decomposable"])
def test_a_loaded_matcher_keeps_its_temperature_columns_and_answers(name, tmp_path):
    firsts, seconds = ["red fox", "green sea", "old oak"] * 8, ["a fox", "the moon", "an oak"] * 8
    pairs = PairExamples(firsts, np.array([0, 1, 0] * 8), np.arange(24), seconds)
    recipe = load_recipe(name, "pair")
    if name == "decomposable":
        recipe = with_settings(recipe, (), size="tiny")
    matcher = new_matcher(recipe, Target(classes=("near", "far")), pairs, seed=0)
    if isinstance(matcher, ClassicalMatcher):
        matcher.fit(pairs.items, pairs.labels, seed=0)
    matcher.temperature, matcher.columns = 2.5, ("premise", "hypothesis")
    matcher.save(tmp_path)
    loaded = load_matcher(tmp_path)
    assert (loaded.temperature, loaded.columns) == (2.5, ("premise", "hypothesis"))
    np.testing.assert_array_equal(loaded.answer(pairs.items), matcher.answer(pairs.items))
