"""Scores of tagged sentences, held to sets over the whole test side and to scikit-learn."""

import importlib
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

from headwork.base.tag import entities_of
from headwork.measure.entities import by_kind, entity_facts, facts_of, formulas_of, kinds_of, word_facts
from headwork.measure.sums import summed_differences, summed_score

IOB2 = ["O", "B-x", "I-x", "B-y", "I-y"]
WORDS = ["ADJ", "NOUN", "VERB"]


def sides(tags):
    """Sentences with true and predicted tags."""
    pair = st.integers(1, 6).flatmap(
        lambda n: st.tuples(*[st.lists(st.sampled_from(tags), min_size=n, max_size=n)] * 2)
    )
    return st.lists(pair, min_size=1, max_size=12).map(lambda pairs: list(zip(*pairs, strict=True)))


@pytest.mark.row("BE10")
@pytest.mark.parametrize("reading", ["strict", "repaired"])
@given(found=sides(IOB2))
def test_scores_of_entities_are_those_of_sets(found, reading):
    truth, predicted = found
    true, told = (
        {(row, *entity) for row, tags in enumerate(side) for entity in entities_of(tags, reading)}
        for side in (truth, predicted)
    )
    sums = entity_facts(truth, predicted, ["x", "y"], reading).sum(0)
    hits = len(true & told)
    expected = {
        "precision": hits / len(told) if told else 0.0,
        "recall": hits / len(true) if true else 0.0,
        "f1": 2 * hits / (len(true) + len(told)) if true or told else 0.0,
    }
    assert {name: float(formula(sums)) for name, formula in formulas_of(IOB2).items()} == pytest.approx(expected)
    for score in by_kind(sums[None], ["x", "y"]):
        own, said = ({each for each in side if each[-1] == score.name} for side in (true, told))
        assert score.rows == len(own)
        assert score.f1 == pytest.approx(2 * len(own & said) / max(len(own) + len(said), 1))


@pytest.fixture(scope="module")
def seqeval():
    return pytest.importorskip("seqeval.metrics", reason="seqeval is not installed")


@pytest.mark.row("BE10")
@pytest.mark.parametrize("reading", ["strict", "repaired"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=sides(IOB2))
def test_scores_of_entities_are_those_of_seqeval(found, reading, seqeval):
    truth, predicted = found
    sums = entity_facts(truth, predicted, ["x", "y"], reading).sum(0)
    strict = {"mode": "strict", "scheme": importlib.import_module("seqeval.scheme").IOB2} if reading == "strict" else {}
    if not any(entities_of(tags, reading) for side in found for tags in side):
        return  # seqeval's strict reading has no types to count then
    for name, formula in formulas_of(IOB2).items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = getattr(seqeval, f"{name}_score")(truth, predicted, zero_division=0, **strict)
        assert float(formula(sums)) == pytest.approx(expected)


@given(found=sides(WORDS))
def test_scores_of_words_are_those_of_scikit_learn(found):
    truth, predicted = found
    flat, told = ([tag for tags in side for tag in tags] for side in (truth, predicted))
    facts = word_facts(truth, predicted, WORDS)
    scores = {name: float(formula(facts.sum(0))) for name, formula in formulas_of(WORDS).items()}
    assert scores["accuracy"] == pytest.approx(accuracy_score(flat, told))
    there = sorted(set(flat))
    assert scores["macro_f1"] == pytest.approx(f1_score(flat, told, labels=there, average="macro", zero_division=0))
    expected = precision_recall_fscore_support(flat, told, labels=WORDS, zero_division=0)
    for score, *own in zip(by_kind(facts, WORDS), *expected, strict=True):
        assert (score.precision, score.recall, score.f1, score.rows) == pytest.approx(tuple(own))


def test_tags_say_what_is_counted():
    assert kinds_of(IOB2) == ["x", "y"] and kinds_of(WORDS) == WORDS
    assert facts_of([IOB2[:3]], [IOB2[:3]], IOB2).tolist() == [[1, 0, 1, 0, 1, 0]]
    assert next(iter(formulas_of(IOB2))) == "f1" and next(iter(formulas_of(WORDS))) == "accuracy"


def test_whole_sentences_are_drawn_again():
    """Where all words of a sentence are right or wrong together, words drawn by themselves would be too sure."""
    random = np.random.default_rng(0)
    right = random.random(100) < 0.7
    truth = [["NOUN"] * 20] * 100
    predicted = [["NOUN" if good else "VERB"] * 20 for good in right]
    formula = formulas_of(WORDS)["accuracy"]
    score = summed_score(formula, word_facts(truth, predicted, WORDS)[None])
    error = (right.mean() * (1 - right.mean()) / 100) ** 0.5
    assert score.mean == pytest.approx(right.mean())
    assert (score.high - score.low) / (2 * 1.96 * error) == pytest.approx(1, abs=0.1)


def test_nothing_wrong_is_not_taken_for_certain():
    facts = word_facts([["NOUN", "VERB"]] * 30, [["NOUN", "VERB"]] * 30, WORDS)
    score = summed_score(formulas_of(WORDS)["accuracy"], facts[None], is_share=True)
    assert score.mean == score.high == 1 and score.low == pytest.approx(0.025 ** (1 / 30))


def test_differences_are_paired():
    """Two models that differ in one sentence of a hundred are told apart better than their own intervals would."""
    random = np.random.default_rng(1)
    truth = [["NOUN"] * 10] * 100
    right = random.random((100, 10)) < 0.6
    one, other = right.copy(), right.copy()
    one[:8] = True
    facts = {
        name: word_facts(truth, [["NOUN" if r else "VERB" for r in row] for row in side], WORDS)[None]
        for name, side in (("one", one), ("other", other))
    }
    formula = formulas_of(WORDS)["accuracy"]
    gap = summed_differences(formula, "one", facts)["other"]
    assert gap.difference == pytest.approx(other.mean() - one.mean())
    own = summed_score(formula, facts["other"])
    assert gap.high < 0 and gap.high - gap.low < own.high - own.low
