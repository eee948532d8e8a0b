"""Sides are a pure function of labels, groups and seed; shares are kept class by class; groups stay together."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.data.split import SHARES, SIDES, linked, split

LABELS = st.lists(st.sampled_from("aaab"), min_size=1, max_size=120)
GROUPED = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 12)), min_size=1, max_size=120)


@given(LABELS, st.integers(0, 5))
def test_every_class_is_shared_out_to_the_row(labels: list[str], seed: int) -> None:
    sides = split(labels, seed=seed)
    assert len(sides) == len(labels)
    counts = Counter(zip(labels, sides, strict=True))
    for label, rows in Counter(labels).items():
        for side in SIDES:
            assert abs(counts[label, side] - rows * SHARES[side]) < 1 or (rows < 15 and counts[label, side] <= rows)
        if rows >= 3:
            assert all(counts[label, side] for side in SIDES)
        if rows == 2:
            assert counts[label, "train"] == counts[label, "test"] == 1


@given(GROUPED, st.integers(0, 3))
def test_groups_stay_together(rows: list[tuple[str, int]], seed: int) -> None:
    labels, groups = map(list, zip(*rows, strict=True))
    sides = split(labels, seed=seed, groups=groups)
    assert len(sides) == len(labels)
    assert all(
        len({side for side, other in zip(sides, groups, strict=True) if other == group}) == 1 for group in groups
    )
    assert sides == split(labels, seed=seed, groups=groups)


def test_the_seed_matters_and_nothing_else() -> None:
    labels = ["a", "b"] * 50
    assert split(labels, seed=0) == split(list(labels), seed=0)
    assert split(labels, seed=0) != split(labels, seed=1)
    # Stored comparisons are repeated with the same sides on every Python: this must never change.
    assert "".join(side[1] for side in split(labels[:20], seed=0)) == "rrerrrrrrerrrrereere"


def test_other_shares() -> None:
    assert Counter(split(["a"] * 50, seed=0, shares={"train": 0.9, "dev": 0.1})) == {"train": 45, "dev": 5}


@pytest.mark.parametrize("classes", [2, 10])
def test_groups_come_near_to_the_shares(classes: int) -> None:
    """Sixty groups of 5 to 40 rows, each mostly of one class, as source files are."""
    rows = [(f"c{group % classes}", group) for group in range(60) for _ in range(5 + 7 * group % 36)]
    labels, groups = map(list, zip(*rows, strict=True))
    counts = Counter(zip(labels, split(labels, seed=0, groups=groups), strict=True))
    for label, total in Counter(labels).items():
        assert 0.5 < counts[label, "train"] / total < 0.85
        assert all(counts[label, side] for side in SIDES)


def test_a_class_of_three_groups_stands_on_every_side() -> None:
    labels = ["a"] * 60 + ["b"] * 100
    groups = [row % 3 for row in range(60)] + [10 + row % 20 for row in range(100)]
    for seed in range(10):
        assert len(set(split(labels, seed=seed, groups=groups)[:60])) == 3


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12))
def test_linked_rows_are_those_joined_by_a_chain(rows: list[tuple[int, int]]) -> None:
    ones, others = map(list, zip(*rows, strict=True))
    numbers = linked(ones, others)
    reached = [{row} for row in range(len(rows))]
    for _ in rows:
        for row, rows_reached in enumerate(reached):
            rows_reached |= {
                other
                for other in range(len(rows))
                if any(ones[other] == ones[near] or others[other] == others[near] for near in rows_reached)
            }
            reached[row] = rows_reached
    for row in range(len(rows)):
        assert {other for other in range(len(rows)) if numbers[other] == numbers[row]} == reached[row]
