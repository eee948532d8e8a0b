"""Scores over words and their senses against scikit-learn, and the plane of a map against its components."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.metrics import accuracy_score, f1_score

from headwork.base.disambiguate import Inventory
from headwork.measure.calibration import fit_temperature, negative_log_likelihood
from headwork.measure.components import Components
from headwork.measure.senses import facts_of, formulas_of, most_frequent, word_scores
from headwork.measure.sums import summed_differences, summed_score

INVENTORY = Inventory(["a: 1", "a: 2", "a: 3", "b: 1", "b: 2", "c: 1", "c: 2"])


def drawn(seed: int, rows: int = 60, *, words: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Truth and answers, each a sense of the row's word."""
    random = np.random.default_rng(seed)
    of_word = random.integers(0, words, rows)
    senses = [np.flatnonzero(INVENTORY.of_class == word) for word in range(words)]
    truth, predicted = (np.array([random.choice(senses[word]) for word in of_word]) for _ in range(2))
    return truth, np.where(random.random(rows) < 0.6, truth, predicted)


def by_hand(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """With scikit-learn, word by word."""
    of_word = INVENTORY.of_class[truth]
    macro, micro = [], []
    for word in np.unique(of_word):
        own = of_word == word
        labels = np.unique(truth[own])
        macro.append(f1_score(truth[own], predicted[own], labels=labels, average="macro"))
        micro.append(f1_score(truth[own], predicted[own], average="micro"))
    return {
        "accuracy": accuracy_score(truth, predicted),
        "macro_f1": float(np.mean(macro)),
        "word_accuracy": float(np.mean(micro)),
    }


@pytest.mark.row("BE15")
@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 60), words=st.integers(1, 3))
def test_scores_are_those_of_scikit_learn_word_by_word(seed, rows, words):
    truth, predicted = drawn(seed, rows, words=words)
    sums = facts_of(truth, predicted, classes=7).sum(0)
    found = {name: float(formula(sums)) for name, formula in formulas_of(INVENTORY).items()}
    assert found == pytest.approx(by_hand(truth, predicted))
    assert list(found) == ["accuracy", "macro_f1", "word_accuracy"], "the score of the ranking comes first"


def test_rare_words_count_as_much_as_frequent_ones():
    truth = np.array([0] * 98 + [3, 4])
    predicted = np.array([0] * 98 + [4, 3])
    sums = facts_of(truth, predicted, classes=7).sum(0)
    formulas = formulas_of(INVENTORY)
    assert float(formulas["accuracy"](sums)) == 0.98
    assert float(formulas["macro_f1"](sums)) == float(formulas["word_accuracy"](sums)) == 0.5


def test_intervals_hold_the_score_and_a_pair_is_nearer_than_each():
    """What is drawn again is rows: two models that differ in one row differ by little in every resample."""
    truth, predicted = drawn(0, 200)
    other = predicted.copy()
    other[:5] = truth[:5]
    facts = {"one": facts_of(truth, predicted, classes=7)[None], "two": facts_of(truth, other, classes=7)[None]}
    formulas = formulas_of(INVENTORY)
    for formula in formulas.values():
        score = summed_score(formula, facts["one"], is_share=True)
        assert score.low < score.mean < score.high and score.high - score.low < 0.25
    gap = summed_differences(formulas["accuracy"], "one", facts)["two"]
    assert 0 <= gap.low <= gap.difference <= gap.high < 0.06


def test_words_are_told_one_by_one():
    truth, predicted = drawn(3, 90)
    frequent = most_frequent(np.array([1, 1, 2, 3, 4, 4, 5]), INVENTORY)
    assert frequent.tolist() == [1, 4, 5]
    for each in word_scores(truth, predicted, frequent, INVENTORY):
        number = INVENTORY.words.index(each.word)
        own = INVENTORY.of_class[truth] == number
        assert (each.rows, each.senses) == (own.sum(), (INVENTORY.of_class == number).sum())
        assert each.accuracy == pytest.approx(accuracy_score(truth[own], predicted[own]))
        assert each.macro_f1 == pytest.approx(f1_score(truth[own], predicted[own], average="macro"))
        assert each.frequent == pytest.approx((truth[own] == frequent[number]).mean())


@pytest.mark.parametrize("right", [False, True], ids=["mistakes", "none"])
def test_a_temperature_knows_what_a_row_cannot_be(right):
    """It is that of the possible classes alone, also where they are elsewhere in each row."""
    random = np.random.default_rng(0)
    plain = 4 * random.normal(size=(50, 2))
    truth = plain.argmax(1) if right else random.integers(0, 2, 50)
    wide, at = np.full((50, 4), -np.inf), np.where(np.arange(50)[:, None] % 2, [0, 1], [2, 3])
    np.put_along_axis(wide, at, plain, 1)
    placed = at[np.arange(50), truth]
    temperature = fit_temperature(wide, placed)
    assert temperature == pytest.approx(fit_temperature(plain, truth))
    assert negative_log_likelihood(wide, placed) == pytest.approx(negative_log_likelihood(plain, truth))


def test_components_are_those_of_scikit_learn():
    random = np.random.default_rng(0)
    vectors, others = (random.normal(size=(count, 6)) * [5, 3, 1, 1, 0.1, 0] + 2 for count in (40, 7))
    mine, theirs = Components.of(vectors), PCA(2).fit(vectors)
    assert mine.explained == pytest.approx(theirs.explained_variance_ratio_)
    assert np.abs(mine.place(others)) == pytest.approx(np.abs(theirs.transform(others)))
    assert (np.take_along_axis(mine.directions, np.abs(mine.directions).argmax(1)[:, None], 1) > 0).all()


def test_vectors_that_are_all_the_same_have_no_components():
    found = Components.of(np.full((5, 4), 0.3, np.float32))
    assert not found.explained.any() and not found.place(np.ones((2, 4))).any()
