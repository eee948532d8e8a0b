"""Shortest closed tours by exact search over sets of points (Held and Karp 1962), for many examples at once.

    D({j}, j) = d(0, j);   D(A, j) = min over k in A \\ j of D(A \\ j, k) + d(k, j)

Axes: n examples, T points.
"""

import numpy as np


def tour_lengths(points: np.ndarray, tours: np.ndarray) -> np.ndarray:
    """(n, T, 2) and (n, T) to the (n,) lengths of the closed tours."""
    along = np.take_along_axis(points, tours[:, :, None], 1)
    return np.linalg.norm(along - np.roll(along, -1, 1), axis=2).sum(1)


def shortest_tours(points: np.ndarray) -> np.ndarray:
    """(n, T, 2) to (n, T): the shortest tours from point 0, counter-clockwise."""
    count, many = points.shape[:2]
    distance = np.linalg.norm(points[:, :, None] - points[:, None], axis=3)
    others = many - 1
    best = np.full((1 << others, others, count), np.inf)
    before = np.zeros((1 << others, others, count), int)
    for place in range(others):
        best[1 << place, place] = distance[:, 0, place + 1]
    for chosen in range(1, 1 << others):
        for place in range(others):
            rest = chosen & ~(1 << place)
            if chosen >> place & 1 and rest:
                reached = best[rest] + distance[:, 1:, place + 1].T
                before[chosen, place] = reached.argmin(0)
                best[chosen, place] = reached.min(0)
    return _counter_clockwise(points, _walk_back(best, before, distance))


def _walk_back(best: np.ndarray, before: np.ndarray, distance: np.ndarray) -> np.ndarray:
    sets, others, count = best.shape
    rows, chosen = np.arange(count), np.full(count, sets - 1)
    place = (best[-1] + distance[:, 1:, 0].T).argmin(0)
    tour = np.zeros((count, others + 1), int)
    for step in range(others, 0, -1):
        tour[:, step] = place + 1
        earlier = before[chosen, place, rows]
        chosen = chosen & ~(1 << place)
        place = earlier
    return tour


def _counter_clockwise(points: np.ndarray, tours: np.ndarray) -> np.ndarray:
    """Each tour in the direction in which it has its area on the left; it keeps its first point."""
    along = np.take_along_axis(points, tours[:, :, None], 1)
    following = np.roll(along, -1, 1)
    area = (along[..., 0] * following[..., 1] - along[..., 1] * following[..., 0]).sum(1)
    return np.where((area < 0)[:, None], np.roll(tours[:, ::-1], 1, 1), tours)
