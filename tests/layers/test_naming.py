"""What may be named next, by writing down every row of answers that is allowed."""

from itertools import combinations, permutations, product

import pytest
import torch

from headwork.layers.naming import Naming, Once, Triples, naming_of

pytestmark = pytest.mark.row("ME06")


def allowed(naming: Naming, points: int) -> list[tuple[int, ...]]:
    """All rows of answers that can come about when no answer is barred."""
    rows = [()]
    for _ in range(naming.answers(points)):
        barred = naming.barred(torch.tensor(rows, dtype=torch.long).view(len(rows), -1), points)[:, -1]
        assert not barred.all(1).any(), "something may always be named"
        rows = [
            (*row, place)
            for row, out in zip(rows, barred.tolist(), strict=True)
            for place, no in enumerate(out)
            if not no
        ]
    return rows


@pytest.mark.parametrize("points", [3, 4])
def test_triples_rise_and_the_end_is_for_good(points: int):
    most, end = 2 * points - 5, (points,) * 3
    triples = list(combinations(range(points), 3))
    expected = [
        tuple(place for triple in (*chosen, *[end] * (most - count)) for place in triple)
        for count in range(most + 1)
        for chosen in product(triples, repeat=count)
    ]
    found = allowed(Triples(), points)
    assert len(found) == len(expected) and set(found) == set(expected)


def test_each_point_is_named_once():
    assert sorted(allowed(Once(ends=False), 3)) == sorted(permutations(range(3)))
    with_end = allowed(Once(ends=True), 3)
    expected = {row for row in product(range(4), repeat=4) if all(row.count(point) <= 1 for point in range(3))}
    assert len(with_end) == len(expected) and set(with_end) == expected


@pytest.mark.parametrize("naming", [Once(ends=True), Once(ends=False), Triples()])
def test_all_at_once_is_one_after_another(naming: Naming):
    rows = torch.tensor(allowed(naming, 4)[::7])
    together = naming.barred(rows[:, :-1], 4)
    assert together.shape == (len(rows), naming.answers(4), 4 + naming.ends)
    for count in range(rows.shape[1]):
        assert torch.equal(together[:, count], naming.barred(rows[:, :count], 4)[:, -1])


def test_the_kind_of_answer_chooses():
    assert naming_of("triples", ends=True) == Triples()
    assert naming_of("places", ends=False) == Once(ends=False)
