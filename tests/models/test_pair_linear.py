"""Baselines of text pairs: hand values, what they cannot see, and models that come back to the bit."""

import numpy as np
import pytest

from headwork.base.errors import HeadworkError
from headwork.measure.correlation import spearman
from headwork.models.pair_linear import PairLinear, PairLinearConfig, overlap

PAIRS = [
    ("a red house", "a red house"),
    ("a red house", "the dog"),
    ("the old dog sleeps", "the dog sleeps"),
    ("a small cat", "a small dog runs"),
] * 8
CLASSES = np.array([0, 1, 0, 2] * 8)
SCORES = np.array([5.0, 0.0, 4.0, 2.0] * 8)
FEATURES = ("none", "overlap", "tfidf", "first", "second")


def fitted(features: str, targets: np.ndarray = CLASSES) -> PairLinear:
    model = PairLinear(PairLinearConfig(features=features))
    model.fit(PAIRS, targets, outputs=3 if targets.dtype.kind == "i" else 1, seed=0)
    return model


def test_overlap_of_a_pair_by_hand():
    """the old dog sleeps / the dog sleeps: 3 words of 4 shared, 1 of 4 neighbours (dog sleeps)."""
    (found,) = overlap([("The old dog sleeps", "the dog sleeps")])
    words, neighbours, lengths = found[:4], found[4:8], found[8:]
    assert words == pytest.approx([3 / 4, 3 / 4, 1, 0])
    assert neighbours == pytest.approx([1 / 4, 1 / 3, 1 / 2, 0])
    assert lengths == pytest.approx([np.log(5) / 5, np.log(4) / 5, 1 / 4, 0])


def test_the_same_text_twice_shares_everything():
    (found,) = overlap([("a red house", "A red house")])
    assert found[:8] == pytest.approx(np.ones(8)) and found[-1] == 1
    assert np.isfinite(overlap([("", ""), ("", "a")])).all()


def test_tfidf_holds_the_cosine_and_who_has_what():
    model = fitted("tfidf")
    first, second = (model.terms.values([text]).toarray()[0] for text in ("the old dog sleeps", "the dog sleeps"))
    (values,) = model.values([("the old dog sleeps", "the dog sleeps")]).toarray()
    parts = np.split(values[1:], 3)
    assert values[0] == pytest.approx(first @ second)
    expected = (first * second, np.maximum(first - second, 0), np.maximum(second - first, 0))
    for found, wanted in zip(parts, expected, strict=True):
        assert found == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("features", ["overlap", "tfidf"])
def test_what_can_be_told_by_comparing_is_told(features):
    assert (fitted(features).logits(PAIRS).argmax(1) == CLASSES).all()
    assert spearman(fitted(features, SCORES).logits(PAIRS)[:, 0], SCORES) > 0.9


def test_no_features_are_class_shares_and_the_mean_score():
    logits = fitted("none").logits(PAIRS)
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert shares == pytest.approx(np.tile([0.5, 0.25, 0.25], (len(PAIRS), 1)), abs=1e-6)
    assert fitted("none", SCORES).logits(PAIRS) == pytest.approx(np.full((len(PAIRS), 1), SCORES.mean()))


@pytest.mark.parametrize(("features", "side"), [("first", 1), ("second", 0)])
def test_a_model_of_one_text_does_not_see_the_other(features, side):
    model = fitted(features)
    changed = [tuple("nothing" if place == side else text for place, text in enumerate(pair)) for pair in PAIRS]
    assert np.array_equal(model.logits(PAIRS), model.logits(changed))


@pytest.mark.parametrize("targets", [CLASSES, SCORES], ids=["classes", "scores"])
@pytest.mark.parametrize("features", FEATURES)
def test_a_restored_model_answers_with_the_same_bits(features, targets):
    model = fitted(features, targets)
    again = PairLinear.restore(model.settings(), model.tensors())
    assert np.array_equal(model.logits(PAIRS), again.logits(PAIRS))
    assert again.parameters == model.parameters == sum(array.size for array in model.tensors().values())


@pytest.mark.parametrize("features", FEATURES)
def test_arrays_that_do_not_fit_are_refused(features):
    model = fitted(features)
    for name, array in model.tensors().items():
        with pytest.raises(HeadworkError, match="pair model: array"):
            PairLinear.restore(model.settings(), {**model.tensors(), name: np.append(array.ravel(), np.float32(0))})
    with pytest.raises(HeadworkError, match="coefficients"):
        PairLinear.restore(model.settings(), {k: v for k, v in model.tensors().items() if k != "coefficients"})


def test_no_pairs_have_no_answers():
    for features in FEATURES:
        assert fitted(features).logits([]).shape == (0, 3)
