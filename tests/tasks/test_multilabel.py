"""What a stored labeller brings back, and what it is refused for."""

import json
from pathlib import Path

import numpy as np
import pytest

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.data.corpus import Examples
from headwork.measure.thresholds import fit_thresholds
from headwork.tasks.classify import load_classifier
from headwork.tasks.multilabel import Labeller, load_labeller, new_labeller
from headwork.train.any import fit_any

TEXTS = ["angry words", "happy day", "happy and angry", "nothing at all"] * 8
LABELS = np.array([[1, 0], [0, 1], [1, 1], [0, 0]] * 8, bool)


def made(name: str) -> Labeller:
    recipe = load_recipe(name, "multilabel")
    recipe = with_settings(recipe, ("train.epochs=2",), size="tiny") if name == "bag" else recipe
    labeller = new_labeller(recipe, ["anger", "joy"], TEXTS, seed=0)
    examples = Examples(TEXTS, LABELS, np.arange(32))
    fit_any(labeller.model, examples, examples, seed=0)
    labeller.settle(labeller.logits(TEXTS), LABELS)
    return labeller


@pytest.mark.row("BE12")
@pytest.mark.parametrize("name", ["majority", "tfidf", "bag"])
def test_a_loaded_labeller_gives_the_same_labels(name, tmp_path: Path):
    labeller = made(name)
    labeller.model.text_column = "review"
    assert labeller.save(tmp_path) > 0
    loaded = load_labeller(tmp_path)
    assert loaded.labels == ["anger", "joy"] and loaded.text_column == "review"
    assert np.array_equal(loaded.thresholds, labeller.thresholds)
    assert np.array_equal(loaded.temperatures, labeller.temperatures)
    chances = loaded.probabilities(TEXTS[:5])
    assert np.array_equal(chances, labeller.probabilities(TEXTS[:5]))
    assert np.array_equal(loaded.given(chances), chances >= labeller.thresholds)


def test_thresholds_are_of_calibrated_probabilities():
    labeller = made("tfidf")
    chances = 1 / (1 + np.exp(-labeller.logits(TEXTS) / labeller.temperatures))
    np.testing.assert_allclose(labeller.thresholds, fit_thresholds(chances, LABELS))
    assert np.array_equal(labeller.given(labeller.probabilities(TEXTS)), LABELS)


def test_one_label_may_be_given_and_none_and_all():
    labeller = made("tfidf")
    labeller.temperatures, labeller.thresholds = np.array([1.0, 1.0]), np.array([0.3, 0.7])
    given = labeller.given(np.array([[0.3, 0.69], [0.29, 0.69], [0.9, 0.7]]))
    assert given.tolist() == [[True, False], [False, False], [True, True]]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"thresholds": [0.5]}, "expected 2 thresholds"),
        ({"thresholds": [0.5, -1.0]}, "expected 2 thresholds"),
        ({"temperatures": [1.0, 0.0]}, "expected 2 temperatures"),
        ({"temperatures": "hot"}, "config.json"),
        ({"code": "import os"}, "config.json"),
    ],
)
def test_damaged_settings_are_refused(change, told, tmp_path: Path):
    made("tfidf").save(tmp_path)
    config = tmp_path / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | change))
    with pytest.raises(HeadworkError, match=told):
        load_labeller(tmp_path)


def test_neither_is_taken_for_the_other(tmp_path: Path):
    made("tfidf").save(tmp_path)
    with pytest.raises(HeadworkError, match=r"config\.json"):
        load_classifier(tmp_path)
