"""Points in the unit square; the answers are some of them in order (Vinyals, Fortunato and Jaitly 2015).

    convex-hull     the corners of the hull, from the leftmost counter-clockwise, then the end
    delaunay        the triangles with no other point in the circle through their corners: each as its corners in the
                    order of the input, from left to right by their incentres, then the end
    tsp             the shortest closed tour, from the first point counter-clockwise

Axes: n examples, T points, S answers, R = 2 T - 5 triangles at most; place T is the end.
"""

from collections.abc import Mapping, Sequence
from math import comb
from typing import ClassVar

import numpy as np

from headwork.data.generated.base import Answers, Examples, Generated, Guess
from headwork.data.generated.tours import shortest_tours, tour_lengths
from headwork.data.generated.triangles import doubtful, most_triangles, triangulations


class _Planar(Generated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    ANSWERS: ClassVar[Answers] = "places"
    UNIT: ClassVar[str] = "points"
    SHORTEST: ClassVar[int] = 4
    BEYOND: ClassVar[tuple[int, ...]] = (1, 2)
    """how much longer than in training the test's longer inputs are"""

    longest: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.longest < 3:
            raise ValueError(f"longest is {self.longest}; a polygon needs 3")

    @property
    def inputs(self) -> int:
        return 2

    @property
    def lengths(self) -> Sequence[int]:
        return range(min(self.SHORTEST, self.longest), self.longest + 1)

    @property
    def test_lengths(self) -> Sequence[int]:
        return (*self.lengths, *(self.longest + more for more in self.BEYOND))

    def steps(self, length: int) -> int:
        return length

    def draw(self, random: np.random.Generator, length: int, count: int) -> Examples:
        points = random.random((count, length, 2)).astype(np.float32)
        while (again := self.unclear(points.astype(np.float64))).any():
            points[again] = random.random((again.sum(), length, 2))
        targets = self.answer(points.astype(np.float64))
        return Examples(points, targets, np.ones(targets.shape[1], bool), length)

    def unclear(self, points: np.ndarray) -> np.ndarray:
        """(n, T, 2) to (n,): those to be drawn again."""
        return np.zeros(len(points), bool)

    def answer(self, points: np.ndarray) -> np.ndarray:
        raise NotImplementedError


class ConvexHull(_Planar, frozen=True, kw_only=True, forbid_unknown_fields=True):
    NAME: ClassVar[str] = "convex-hull"
    TITLE: ClassVar[str] = "name the corners of the convex hull in order"
    SCORE: ClassVar[str] = "1 where all corners are named in order, else 0"
    GUESSES: ClassVar[Mapping[str, str]] = {"chance": "names all points in a random order"}

    SHORTEST: ClassVar[int] = 5
    BEYOND: ClassVar[tuple[int, ...]] = (2, 4)

    longest: int = 8

    @property
    def outputs(self) -> int:
        return 1

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


class Delaunay(_Planar, frozen=True, kw_only=True, forbid_unknown_fields=True):
    NAME: ClassVar[str] = "delaunay"
    TITLE: ClassVar[str] = "name the triangles between the points whose circles hold no other point"
    ANSWERS: ClassVar[Answers] = "triples"
    SCORE: ClassVar[str] = "share of the triangles that are named, in any order"
    GUESSES: ClassVar[Mapping[str, str]] = {"chance": "names any triples, as many as there are triangles"}

    longest: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.longest > 12:
            raise ValueError(f"longest is {self.longest}; the search among all triples takes up to 12")

    @property
    def outputs(self) -> int:
        return 1

    def unclear(self, points: np.ndarray) -> np.ndarray:
        return doubtful(points)

    def answer(self, points: np.ndarray) -> np.ndarray:
        return triangulations(points).reshape(len(points), -1)

    def score(self, examples: Examples, answered: np.ndarray) -> np.ndarray:
        """Triangle coverage."""
        real, found, _ = self._matched(examples, answered)
        return (real & found).sum(1) / real.sum(1)

    def right(self, examples: Examples, answered: np.ndarray) -> np.ndarray:
        """(n, 2 R): is each triangle named, and is each that is named one."""
        real, found, sound = self._matched(examples, answered)
        return np.concatenate([found | ~real, sound], 1)

    def guesses(self, examples: Examples) -> dict[str, Guess]:
        """As many of all triples are named at random as are triangles, so that each is with this chance."""
        many = examples.inputs.shape[1]
        real, _, _ = self._matched(examples, examples.targets)
        return {"chance": Guess(real.sum(1) / comb(many, 3))}

    def _matched(self, examples: Examples, answered: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(n, R) each: is there such a triangle; is it named; and, of what is named, is it a triangle or the end."""
        shape = len(examples), most_triangles(examples.inputs.shape[1]), 3
        asked, given = examples.targets.reshape(shape), np.sort(answered.reshape(shape), 2)
        same = (given[:, :, None] == asked[:, None]).all(3)
        ends = (given == examples.inputs.shape[1]).all(2)
        return asked[..., 0] < examples.inputs.shape[1], same.any(1), same.any(2) | ends


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
