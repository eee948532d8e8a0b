"""Each doubt arises from its sign and from nothing else."""

import pytest
from msgspec.structs import replace

from headwork.base.results import Cut
from headwork.measure.doubts import doubts


@pytest.fixture
def sound(model_result):
    return [
        model_result("majority", accuracy=0.5),
        model_result("tfidf", accuracy=0.85),
        model_result("han", accuracy=0.9),
    ]


def test_sound_data_raise_no_doubt(data_facts, sound):
    facts = data_facts(dropped={"empty text": 900, "duplicate": 10})
    assert doubts(facts, sound, looks_wrong=5, checked=1000) == []


def the_only(found):
    assert len(found) == 1
    return found[0]


def test_one_class_dominating(data_facts, model_result):
    models = [model_result("majority", accuracy=0.81), model_result("han", accuracy=0.95)]
    said = the_only(doubts(data_facts(class_rows={"spam": 190, "ham": 810}), models))
    assert said.startswith("81.0% of the rows are of class 'ham'")
    assert doubts(data_facts(class_rows={"spam": 200, "ham": 800}), models) == []


def test_nothing_learnt(data_facts, model_result):
    models = [model_result("majority", accuracy=0.5), model_result("han", accuracy=0.53)]
    assert "(han) gains only 3.0 points" in the_only(doubts(data_facts(), models))


def test_a_baseline_near_the_ceiling(data_facts, model_result):
    models = [model_result("tfidf", accuracy=0.98), model_result("han", accuracy=0.985)]
    assert "tfidf is 98.0% accurate" in the_only(doubts(data_facts(), models))
    assert doubts(data_facts(), [model_result("tfidf", accuracy=0.979)]) == []


def test_labels_that_look_wrong(data_facts, sound):
    said = the_only(doubts(data_facts(), sound, looks_wrong=50, checked=1000))
    assert said.startswith("50 of 1,000 labels checked (5.0%) look wrong")


def test_duplicates(data_facts, sound):
    facts = data_facts(dropped={"duplicate": 40, "duplicate across sides": 60, "empty text": 1}, test=1000)
    assert the_only(doubts(facts, sound)).startswith("100 of 5,101 rows (2.0%) repeated others")


def test_too_few_test_rows(data_facts, model_result):
    models = [model_result("tfidf", accuracy=0.8, half_width=0.01), model_result("han", accuracy=0.9, half_width=0.06)]
    said = the_only(doubts(data_facts(test=90), models))
    assert said.startswith("With 90 test rows the accuracy of han is known to ±6.0 points only")


def test_the_gravest_comes_first(data_facts, model_result):
    models = [model_result("majority", accuracy=0.99), model_result("tfidf", accuracy=0.995, half_width=0.06)]
    facts = data_facts(class_rows={"a": 990, "b": 10}, dropped={"duplicate": 500}, test=20)
    found = doubts(facts, models, looks_wrong=9, checked=20)
    words = ["class 'a'", "gains only", "single words", "look wrong", "repeated", "±6.0"]
    assert len(found) == 6
    assert all(word in sentence for word, sentence in zip(words, found, strict=True))


def test_texts_that_were_cut(data_facts, model_result):
    short = Cut(rows=1200, tokens=10, of_tokens=1000)
    models = [model_result("tfidf", accuracy=0.8), replace(model_result("han", accuracy=0.9), cut=short)]
    assert "were cut: han (1,200 texts, 1.0% of all tokens)" in the_only(doubts(data_facts(), models))
    models[1] = replace(models[1], cut=replace(short, tokens=9))
    assert doubts(data_facts(), models) == []
