"""Which programs a question may mean: links of its words, the bound, and that each gives what it is said to give."""

import time

import numpy as np
import pytest
from tests.tables import asked_of, medals

from headwork.base.sheets import Asked, Sheet
from headwork.base.values import value_of
from headwork.measure.denotations import denotation
from headwork.models.programs.enumeration import candidates_of
from headwork.models.programs.evidence import EVIDENCE, evidence_of
from headwork.models.programs.features import PLACE, features_of
from headwork.models.programs.links import linked, read_question
from headwork.models.programs.meant import Sheets
from headwork.models.programs.potentials import gradient, lay, scores_of, shares
from headwork.models.programs.program import Filter, run
from headwork.models.programs.slots import ROLES, TRAITS, slots_of, traits_of, uses_of, worded
from headwork.models.programs.views import View


def view_of(number: int = 0) -> View:
    header, rows = medals(number)
    return View(Sheet("t", tuple(header), tuple(map(tuple, rows))))


def test_words_are_linked_to_whole_cells_to_parts_and_to_numbers():
    rows = (("New York City", "1999", "5"), ("Rome", "2001", "12"), ("Bern", "2003", "7"))
    view = View(Sheet("t", ("City", "Year", "Wins"), rows))
    found = linked(read_question("did new york or rome have more than 6 wins in 2001?"), view)
    shown = {(test.column, test.test, " ".join(test.words) or test.number) for test in found}
    assert {(0, "has", "new york"), (0, "is", "rome"), (1, "is", "2001"), (2, ">", 6.0)} <= shown
    assert (0, "has", "new") not in shown  # a part of a longer run
    assert not any(column == 1 and test == ">" and value == 6.0 for column, test, value in shown)  # out of its range
    numbers = read_question("seven of 1,200 in 3.5").numbers
    assert set(numbers.values()) >= {7.0, 1200.0, 3.5}


@pytest.mark.parametrize("number", range(4))
def test_every_candidate_gives_what_a_fresh_run_gives(number):
    view = view_of(number)
    for question, answer in asked_of(number):
        found = candidates_of(question, view)
        for candidate in found.found:
            assert frozenset(map(value_of, run(candidate.program, view).answers)) == candidate.denotation
        assert found.consistent(denotation([answer])).any(), question
        assert len({candidate.program for candidate in found.found}) == len(found.found)


def test_programs_beyond_the_bound_are_counted_and_the_simplest_kept():
    view, question = view_of(1), asked_of(1)[0][0]
    whole, some = candidates_of(question, view, most=10_000), candidates_of(question, view, most=12)
    assert some.found == whole.found[:12] and whole.left_out == 0
    assert some.left_out >= len(whole.found) - 12  # what gives nothing is not known beyond the bound


@pytest.mark.row("BE27")
def test_a_table_of_ten_thousand_rows_is_searched_within_the_bound():
    rows = tuple((f"name {n}", str(n), f"note {n % 7}") for n in range(10_000))
    view = View(Sheet("t", ("Name", "Number", "Note"), rows))
    began = time.process_time()
    found = candidates_of("what is the note of name 77?", view, most=700)
    assert time.process_time() - began < 10 and len(found.found) <= 700
    assert found.consistent(denotation(["note 0"])).any()


def test_slots_are_the_traits_and_uses_of_each_program():
    view = view_of(2)
    question = "which nation won the most gold, " + " or ".join(row[0] for row in view.sheet.rows[:2]) + "?"
    found = candidates_of(question, view)
    slots = slots_of(found, view)
    for candidate, own in zip(found.found, slots, strict=True):
        spans = sorted({(test.start, test.end) for test in found.tests if test.test in ("is", "has")})
        names = [TRAITS[slot] for slot in own if 0 <= slot < len(TRAITS)]
        used = [divmod(slot - len(TRAITS), len(ROLES)) for slot in own if slot >= len(TRAITS)]
        assert [(column, ROLES[role]) for column, role in used] == list(uses_of(candidate.program))
        assert sorted(set(names)) == sorted(set(traits_of(candidate, view, spans, found.question.words)))
    assert any(candidate.program.rows.any for candidate in found.found)


def test_scores_chances_and_slopes_are_those_of_loops():
    sheets, questions = Sheets(), [Asked(asked_of(n)[n % 4][0], view_of(n).sheet) for n in range(3)]
    meant = [sheets.meant(one) for one in questions]
    laid = lay([one.slots for one in meant], [3] * 3)
    random = np.random.default_rng(0)
    traits, roles = random.normal(size=(3, len(TRAITS))), random.normal(size=(9, len(ROLES)))
    scores, start = scores_of(laid, traits, roles), 0
    right = random.random(len(scores)) < 0.3
    right[np.cumsum([0, *laid.programs[:-1]])] = True

    def loss(traits, roles) -> float:
        total, first = 0.0, 0
        for place, one in enumerate(meant):
            own = [
                sum(
                    traits[place, s] if s < len(TRAITS) else roles[3 * place + (s - len(TRAITS)) // len(ROLES),
                                                                  (s - len(TRAITS)) % len(ROLES)]
                    for s in program if s >= 0
                )
                for program in one.slots
            ]  # fmt: skip
            assert scores[first : first + len(own)] == pytest.approx(own)
            hits = [score for score, hit in zip(own, right[first:], strict=False) if hit]
            total += np.log(np.exp(own).sum()) - np.log(np.exp(hits).sum())
            first += len(own)
        return total

    base = loss(traits, roles)
    assert np.isfinite(base)
    for size in laid.programs:
        assert shares(scores, laid)[start : start + size].sum() == pytest.approx(1)
        start += size
    slopes = gradient(laid, traits, roles, right)
    for array, slope in zip((traits, roles), slopes, strict=True):
        for place in random.permutation(array.size)[:12]:
            index = np.unravel_index(place, array.shape)
            array[index] += 1e-5
            scores = scores_of(laid, traits, roles)
            up = loss(traits, roles)
            array[index] -= 1e-5
            scores = scores_of(laid, traits, roles)
            assert (up - base) / 1e-5 == pytest.approx(slope[index], abs=1e-3)


def test_the_likeliest_answer_is_the_one_with_the_largest_sum():
    meant = Sheets().meant(Asked(asked_of(0)[0][0], view_of(0).sheet))
    scores = np.random.default_rng(1).normal(size=len(meant.programs))
    sums: dict = {}
    for denotation_, score in zip(meant.denotations, scores, strict=True):
        sums[denotation_] = sums.get(denotation_, 0.0) + np.exp(score)
    best = max(sums, key=sums.__getitem__)
    chosen = meant.likeliest(scores)
    assert meant.denotations[chosen] == best
    assert scores[chosen] == max(s for s, d in zip(scores, meant.denotations, strict=True) if d == best)
    assert meant.chances(scores).max() == pytest.approx(sums[best] / sum(sums.values()))


def test_a_column_that_is_asked_for_shows_it():
    view = view_of(0)
    features = features_of(read_question("which nation won the most gold?"), view, [0]).toarray()
    assert features[:2, PLACE["all named"]].tolist() == [1, 1] and features[2, PLACE["not named"]] == 1
    assert features[0, PLACE["behind a question word"]] and features[1, PLACE["behind most"]]
    assert features[:, PLACE["linked"]].tolist() == [1, 0, 0]


def test_evidence_speaks_for_a_true_statement_and_not_for_a_false_one():
    view = view_of(5)
    name, gold, _ = view.sheet.rows[0]
    other = view.sheet.rows[1][2]
    place = EVIDENCE.index("supported:cells:every")
    said = {text: evidence_of(candidates_of(text, view), view)[place] for text in (
        f"{name} won {gold} gold", f"{name} won 99 gold", f"there are {len(view)} nations", "there are 77 nations"
    )}  # fmt: skip
    assert said[f"{name} won {gold} gold"] == 1 and said[f"{name} won 99 gold"] == 0
    counted = EVIDENCE.index("supported:count:every")
    right, wrong = (
        evidence_of(candidates_of(f"there are {count} nations", view), view)[counted] for count in (len(view), 77)
    )
    assert (right, wrong) == (1, 0) and other


def test_the_words_that_a_program_was_made_from_are_no_evidence():
    rows = (("Peru", "Peru"), ("Cuba", "Nepal"), ("Chad", "Fiji"))
    view = View(Sheet("t", ("Home", "Away"), rows))
    place = EVIDENCE.index("supported:cells:every")
    assert evidence_of(candidates_of("peru beat chad", view), view)[place] == 0
    assert evidence_of(candidates_of("fiji beat chad", view), view)[place] == 1


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("who won more than 10 games", "up"),
        ("who won 10 or fewer games", "down"),
        ("who won 10 games", "neither"),
        ("more of those who once won 10 games", "neither"),
    ],
)
def test_words_beside_a_number_say_which_side_is_meant(question, said):
    words = question.split()
    place = words.index("10")
    assert worded(Filter(0, ">", number=10, start=place, end=place + 1), words) == said
