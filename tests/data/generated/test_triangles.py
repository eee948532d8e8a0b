"""Delaunay triangulations against their definition, scipy, and answers given in other orders."""

from itertools import combinations

import numpy as np
import pytest

from headwork.base.errors import HeadworkError
from headwork.data.drawn import prepare_drawn
from headwork.data.generated import Examples, triangles
from headwork.data.generated.planar import ConvexHull, Delaunay
from headwork.data.generated.triangles import doubtful

pytestmark = pytest.mark.row("ME06")


def some(length: int, count: int = 40, seed: int = 0) -> Examples:
    return Delaunay().draw(np.random.default_rng(seed), length, count)


def named_in(answers: np.ndarray, many: int) -> list[tuple[int, ...]]:
    """The triangles in front of the end."""
    rows = [tuple(row) for row in answers.reshape(-1, 3).tolist()]
    return [row for row in rows if row != (many,) * 3]


def empty(points: np.ndarray, corners: tuple[int, ...]) -> bool:
    """Is no other point in the circle? Its centre is as far from the first corner as from the others."""
    first = points[corners[0]]
    to = points[list(corners[1:])] - first
    centre = first + np.linalg.solve(2 * to, np.square(to).sum(1))
    others = np.delete(points, corners, axis=0)
    return bool((np.linalg.norm(others - centre, axis=1) > np.linalg.norm(first - centre)).all())


def incentre(points: np.ndarray, corners: tuple[int, ...]) -> tuple[float, ...]:
    """Where the bisectors of the angles at the first two corners meet."""
    a, b, c = points[list(corners)]

    def bisector(at: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return (one - at) / np.linalg.norm(one - at) + (other - at) / np.linalg.norm(other - at)

    ways = np.stack([bisector(a, b, c), -bisector(b, a, c)], 1)
    return tuple(a + ways[:, 0] * np.linalg.solve(ways, b - a)[0])


@pytest.mark.parametrize("length", [3, 4, 5, 8, 14])
def test_no_other_point_lies_in_their_circles_and_they_go_from_left_to_right(length: int):
    examples = some(length, 20)
    for points, answers in zip(examples.inputs.astype(float), examples.targets, strict=True):
        named = named_in(answers, length)
        assert set(named) == {corners for corners in combinations(range(length), 3) if empty(points, corners)}
        centres = [incentre(points, corners) for corners in named]
        assert centres == sorted(centres) and len(set(named)) == len(named)
        assert (answers[3 * len(named) :] == length).all() and len(answers) == 3 * (2 * length - 5)


@pytest.mark.parametrize("length", [4, 5, 10])
def test_triangulations_are_those_of_scipy(length: int):
    from scipy.spatial import Delaunay as Reference

    examples = some(length, 60)
    for points, answers in zip(examples.inputs.astype(float), examples.targets, strict=True):
        expected = {tuple(sorted(corners)) for corners in Reference(points).simplices.tolist()}
        assert set(named_in(answers, length)) == expected


def test_points_on_a_line_or_a_circle_leave_the_answer_open():
    square = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]
    line = [(0.1, 0.1), (0.5, 0.5 + 1e-7), (0.9, 0.9), (0.2, 0.7)]
    kite = [(0.2, 0.2), (0.8, 0.2), (0.9, 0.9), (0.2, 0.8)]
    nearly = [*square[:3], (0.2 + 1e-7, 0.8)]
    assert doubtful(np.array([square, line, kite, nearly])).tolist() == [True, True, False, True]
    # The circle of the four holds the fifth, so no triangle of theirs is one.
    assert not doubtful(np.array([[*square, (0.45, 0.52)]])).any()


def test_open_answers_are_drawn_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(triangles, "FLAT", 0.02)
    plain = ConvexHull().draw(np.random.default_rng(0), 5, 40).inputs
    open_ = doubtful(plain.astype(float))
    examples = some(5)
    assert 0 < open_.mean() < 1 and not doubtful(examples.inputs.astype(float)).any()
    assert np.array_equal(examples.inputs[~open_], plain[~open_])


def test_triangles_count_in_any_order_and_whole_is_without_one_too_many():
    generator, examples = Delaunay(), some(6)
    rows = examples.targets.reshape(40, 7, 3)
    shuffled = rows[:, ::-1, ::-1].reshape(40, -1)
    assert (generator.score(examples, shuffled) == 1).all() and generator.right(examples, shuffled).all()

    count = (rows[..., 0] < 6).sum(1)
    for changed in (np.full(3, 6), rows[:, 1]):  # the first triangle left out; the second named twice
        answers = rows.copy()
        answers[:, 0] = changed
        answers = answers.reshape(40, -1)
        assert generator.score(examples, answers) == pytest.approx((count - 1) / count)
        assert not generator.right(examples, answers).all(1).any()

    spare = count < 7
    assert spare.any()
    wrong = [
        next(corners for corners in combinations(range(6), 3) if corners not in named_in(own, 6))
        for own in examples.targets
    ]
    answers = rows.copy()
    answers[:, -1] = np.where(spare[:, None], wrong, rows[:, -1])
    answers = answers.reshape(40, -1)
    assert (generator.score(examples, answers) == 1).all()
    assert np.array_equal(generator.right(examples, answers).all(1), ~spare)


def test_chance_is_what_random_triples_cover():
    generator, random = Delaunay(), np.random.default_rng(1)
    examples = some(5, 30)
    every = np.array(list(combinations(range(5), 3)))
    scores = []
    for _ in range(400):
        answers = np.full((30, 5, 3), 5)
        for row, own in enumerate(examples.targets):
            count = len(named_in(own, 5))
            answers[row, :count] = random.permutation(every)[:count]
        scores.append(generator.score(examples, answers.reshape(30, -1)))
    assert np.mean(scores, 0) == pytest.approx(generator.guesses(examples)["chance"].score, abs=0.05)


@pytest.mark.parametrize(("settings", "told"), [("longest=2", "a polygon needs 3"), ("longest=13", "up to 12")])
def test_too_few_or_too_many_points_are_refused(settings: str, told: str):
    with pytest.raises(HeadworkError, match=told):
        prepare_drawn(f"delaunay:{settings}")
