"""The remaining time is right where it can be known, and mends itself where it was guessed."""

import pytest

from headwork.compare.progress import Remaining


def test_known_models_take_as_long_again() -> None:
    remaining = Remaining({"a": 60, "b": 60})
    remaining.note("a", 10)
    remaining.note("a", 20)
    remaining.note("b", 30)
    assert remaining.seconds(["a", "b", "a"]) == pytest.approx(15 + 30 + 15)


def test_guesses_of_unknown_models_are_corrected_by_the_others() -> None:
    remaining = Remaining({"a": 60, "b": 60})
    remaining.note("a", 6)
    assert remaining.seconds(["b"]) == pytest.approx(60 * (60 + 6) / (60 + 60))


def test_a_short_baseline_that_took_long_does_not_stretch_an_hour() -> None:
    remaining = Remaining({"baseline": 10, "network": 3600})
    remaining.note("baseline", 60)
    assert remaining.seconds(["network"]) < 3700


def test_the_running_trial_is_judged_by_its_own_pace_towards_its_end() -> None:
    remaining = Remaining({"a": 60})
    assert remaining.seconds([], current="a", elapsed=9, share=0.9) == pytest.approx(0.9 * 1 + 0.1 * 51)
    assert remaining.seconds([], current="a", elapsed=100, share=0.0) == 0
