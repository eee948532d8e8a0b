"""Agreement of answers: vectors whose values follow from SQuAD's rules, and the threshold against all others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.measure.answers import best, best_threshold, exact, f1, normalised


@pytest.mark.row("BE11")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Denver Broncos", "denver broncos"),
        ("  a  theatre,\nan answer! ", "theatre answer"),
        ("well-known", "wellknown"),  # a sign goes without a blank
        ("the the theory", "theory"),
        ("A.", ""),
        ("don't", "dont"),
        ("10 %", "10"),
        ("Là, the Été", "là été"),
        ("“quoted”", "“quoted”"),  # punctuation is ASCII's alone
        ("an-a", "ana"),  # signs go first, articles then
        ("東京、日本", "東京、日本"),
    ],
)
def test_texts_are_normalised_by_the_published_rules(text, expected):
    assert normalised(text) == expected


@pytest.mark.row("BE11")
@pytest.mark.parametrize(
    ("answer", "person", "same", "overlap"),
    [
        ("The Denver Broncos", "denver broncos.", 1, 1),
        ("Denver Broncos", "Broncos", 0, 2 / 3),  # P 1/2, R 1
        ("in the year 1066", "1066", 0, 1 / 2),  # P 1/3, R 1
        ("a b c d".replace("a", "x"), "b c y z", 0, 1 / 2),  # P 2/4, R 2/4
        ("no no no yes", "no", 0, 2 / 5),  # a word counts as often as both have it: P 1/4, R 1
        ("Paris", "London", 0, 0),
        ("", "", 1, 1),
        ("", "Paris", 0, 0),
        ("the", "", 1, 1),  # both normalise to nothing
        ("the", "Paris", 0, 0),
    ],
)
def test_exact_match_and_f1_of_hand_made_pairs(answer, person, same, overlap):
    assert exact(answer, person) == exact(person, answer) == same
    assert f1(answer, person) == pytest.approx(overlap) == f1(person, answer)


def test_of_several_people_the_best_agreement_counts():
    assert best(f1, "Denver Broncos", ["Carolina", "Broncos", "the Denver team"]) == pytest.approx(2 / 3)
    assert best(exact, "Broncos", ["Denver", "the Broncos!"]) == 1
    assert best(f1, "", []) == 1 and best(f1, "Broncos", []) == 0
    assert best(exact, "", ["the"]) == 1  # nothing is left of what people said
    assert best(f1, "", ["the", "Broncos"]) == 0


words = st.lists(st.sampled_from("the cat sat, on A mat. 3 é".split()), max_size=6).map(" ".join)


@given(words, words)
def test_f1_is_that_of_words_crossed_off_one_by_one(answer, person):
    ours, theirs = normalised(answer).split(), normalised(person).split()
    left, hits = list(theirs), 0
    for word in ours:
        if word in left:
            left.remove(word)
            hits += 1
    if not ours or not theirs:
        expected = float(ours == theirs)
    elif hits == 0:
        expected = 0.0
    else:
        precision, recall = hits / len(ours), hits / len(theirs)
        expected = 2 * precision * recall / (precision + recall)
    assert f1(answer, person) == pytest.approx(expected)
    assert (f1(answer, person) == 1) >= exact(answer, person)


@pytest.mark.row("BE11")
@given(st.lists(st.tuples(st.integers(-4, 4), st.floats(0, 1), st.sampled_from([0.0, 1.0])), min_size=1, max_size=9))
def test_no_other_threshold_does_better(rows):
    scores, answered, silent = (np.array(column, dtype=float) for column in zip(*rows, strict=True))

    def worth(threshold: float) -> float:
        return float(np.where(scores >= threshold, answered, silent).mean())

    found = worth(best_threshold(scores, answered, silent))
    assert found == pytest.approx(max(worth(each) for each in [*scores, scores.max() + 1]), abs=1e-12)
