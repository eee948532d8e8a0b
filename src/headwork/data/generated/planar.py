"""Points in the unit square; the answers are some of them in order (Vinyals, Fortunato and Jaitly 2015).

    convex-hull     the corners of the hull, from the leftmost counter-clockwise, then the end       section 4.1
    tsp             the shortest closed tour, from the first point counter-clockwise                 section 4.3

Axes: n examples, T points, S answers; place T is the end.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from headwork.data.generated.base import Answers, Examples, Generated, Guess
from headwork.data.generated.tours import shortest_tours, tour_lengths


class _Planar(Generated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    ANSWERS: ClassVar[Answers] = "places"
    UNIT: ClassVar[str] = "points"

    longest: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.longest < 3:
            raise ValueError(f"longest is {self.longest}; a polygon needs 3")

    @property
    def inputs(self) -> int:
        return 2

    def steps(self, length: int) -> int:
        return length

    def draw(self, random: np.random.Generator, length: int, count: int) -> Examples:
        points = random.random((count, length, 2)).astype(np.float32)
        targets = self.answer(points.astype(np.float64))
        return Examples(points, targets, np.ones(targets.shape[1], bool), length)

    def answer(self, points: np.ndarray) -> np.ndarray:
        raise NotImplementedError


class ConvexHull(_Planar, frozen=True, kw_only=True, forbid_unknown_fields=True):
    NAME: ClassVar[str] = "convex-hull"
    TITLE: ClassVar[str] = "name the corners of the convex hull in order"
    SCORE: ClassVar[str] = "1 where all corners are named in order, else 0"
    GUESSES: ClassVar[Mapping[str, str]] = {"chance": "names all points in a random order"}

    longest: int = 8

    @property
    def outputs(self) -> int:
        return 1

    @property
    def lengths(self) -> Sequence[int]:
        return range(min(5, self.longest), self.longest + 1)

    @property
    def test_lengths(self) -> Sequence[int]:
        return (*self.lengths, self.longest + 2, self.longest + 4)

    def answer(self, points: np.ndarray) -> np.ndarray:
        """(n, T, 2) to (n, T + 1): from each corner on to the point that has no other on its right (Jarvis 1973)."""
        count, many = points.shape[:2]
        rows = np.arange(count)
        found = np.full((count, many + 1), many)
        start = points[:, :, 0].argmin(1)
        now, going = start, np.ones(count, bool)
        for step in range(many):
            found[going, step] = now[going]
            to = points - points[rows, now][:, None]
            cross = to[:, :, None, 0] * to[:, None, :, 1] - to[:, :, None, 1] * to[:, None, :, 0]
            right = (cross < 0).sum(2)
            right[rows, now] = many + 1
            now = right.argmin(1)
            going &= now != start
        return found

    def guesses(self, examples: Examples) -> dict[str, Guess]:
        """All points in a random order are right where the hull holds all of them, in one order of many."""
        many = examples.inputs.shape[1]
        whole = (examples.targets < many).sum(1) == many
        return {"chance": Guess(whole / float(np.prod(np.arange(1.0, many + 1))))}

    def score(self, examples: Examples, answered: np.ndarray) -> np.ndarray:
        return self.right(examples, answered).min(1).astype(float)


class Tsp(_Planar, frozen=True, kw_only=True, forbid_unknown_fields=True):
    NAME: ClassVar[str] = "tsp"
    TITLE: ClassVar[str] = "go through all points on the shortest closed tour"
    SCORE: ClassVar[str] = "length of the shortest tour, divided by that of the given one; 0 for what is no tour"
    GUESSES: ClassVar[Mapping[str, str]] = {
        "chance": "goes through the points in the order of the input",
        "nearest": "goes to the nearest point that is left",
        "optimum": "searches all tours (Held and Karp 1962)",
    }

    longest: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.longest > 8:
            raise ValueError(f"longest is {self.longest}; the exact search of the test's longer tours takes up to 8")

    @property
    def outputs(self) -> int:
        return 0

    @property
    def lengths(self) -> Sequence[int]:
        return range(min(4, self.longest), self.longest + 1)

    @property
    def test_lengths(self) -> Sequence[int]:
        return (*self.lengths, self.longest + 1, self.longest + 2)

    def answer(self, points: np.ndarray) -> np.ndarray:
        return shortest_tours(points)

    def score(self, examples: Examples, answered: np.ndarray) -> np.ndarray:
        points, answered = examples.inputs.astype(np.float64), answered.astype(int)
        whole = (np.sort(answered, 1) == np.arange(points.shape[1])).all(1)
        best = tour_lengths(points, examples.targets)
        taken = tour_lengths(points, np.where(whole[:, None], answered, examples.targets))
        return np.where(whole, best / taken, 0.0).clip(0, 1)

    def guesses(self, examples: Examples) -> dict[str, Guess]:
        plain = np.tile(np.arange(examples.inputs.shape[1]), (len(examples), 1))
        tours = {"chance": plain, "nearest": _nearest(examples.inputs), "optimum": examples.targets}
        return {name: Guess(self.score(examples, tour)) for name, tour in tours.items()}


def _nearest(points: np.ndarray) -> np.ndarray:
    """(n, T) tours from the first point, always on to the nearest that is left."""
    rows, tours = np.arange(len(points)), [np.zeros(len(points), int)]
    left = np.ones(points.shape[:2], bool)
    for _ in range(points.shape[1] - 1):
        left[rows, tours[-1]] = False
        distance = np.linalg.norm(points - points[rows, tours[-1]][:, None], axis=2)
        tours.append(np.where(left, distance, np.inf).argmin(1))
    return np.stack(tours, 1)
