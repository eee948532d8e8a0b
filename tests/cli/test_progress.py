"""What is said of the time left."""

import pytest

from headwork.cli import progress


@pytest.fixture
def told(monkeypatch):
    """(clock to set, function to note a share, what was told)."""
    clock, lines = {"now": 0.0}, []
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock["now"])
    note = progress.by_pace(lambda what, share, left: lines.append((what, share, pytest.approx(left))), "model")

    def at(now, share):
        clock["now"] = now
        note(share)

    return at, lines


def test_the_time_left_does_not_count_what_came_before_the_first_step(told):
    at, lines = told
    at(60.0, 0.01)
    at(61.0, 0.02)
    at(70.0, 0.11)
    assert lines == [("model", 0.02, 98.0), ("model", 0.11, 89.0)]


def test_the_time_left_of_a_continued_run_is_that_of_what_is_left(told):
    at, lines = told
    at(5.0, 0.5)
    at(15.0, 0.75)
    assert lines == [("model", 0.75, 10.0)]


def test_nothing_is_said_before_there_is_a_pace(told):
    at, lines = told
    at(3.0, 0.2)
    at(4.0, 0.2)
    assert lines == []
