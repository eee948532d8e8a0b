"""Delaunay triangulations of a few points, by their definition, for many examples at once.

    a triangle belongs to it where no other point p lies in the circle through its corners:  N_z N · (P - A) > 0
    N = (B - A) x (C - A);   A = (a_x, a_y, |a|^2), …

for lifted to that paraboloid the points of a circle lie in a plane, and those within it below. N_z is twice the area of
the triangle, and N · (P - A) / N_z the power |p - centre|^2 - radius^2 of p.

Axes: n examples, T points, M triples of points.
"""

from itertools import combinations

import numpy as np

FLAT = 1e-6
"""of N_z and of N · (P - A): nearer to zero, three points count as on one line, or four as on one circle"""


def most_triangles(many: int) -> int:
    """That so many points can have: the more of them lie on the hull, the fewer."""
    return 2 * many - 5


def triples_of(many: int) -> np.ndarray:
    """(M, 3), each in rising order."""
    return np.array(list(combinations(range(many), 3)))


def doubtful(points: np.ndarray) -> np.ndarray:
    """(n, T, 2) to (n,): does a tiny move change the triangulation?"""
    areas, nearest = _circles(points)
    return np.minimum(np.abs(areas), np.abs(nearest)).min(1) < FLAT


def triangulations(points: np.ndarray) -> np.ndarray:
    """(n, T, 2) to (n, 2T - 5, 3) corners of triangles, from left to right by their incentres; T where there is none.

    Incentres one above the other count from below.
    """
    many = points.shape[1]
    triples, (_, nearest) = triples_of(many), _circles(points)
    inside, centres = nearest > 0, _incentres(points[:, triples])
    order = np.lexsort((centres[..., 1], centres[..., 0], ~inside), axis=1)[:, : most_triangles(many)]
    return np.where(np.take_along_axis(inside, order, 1)[..., None], triples[order], many)


def _circles(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, M) each: N_z, and of the points that are no corners the least N · (P - A), positive outside the circle."""
    triples = triples_of(points.shape[1])
    lifted = np.concatenate([points, np.square(points).sum(2, keepdims=True)], 2)
    first, second, third = np.moveaxis(lifted[:, triples], 2, 0)
    normals = np.cross(second - first, third - first)
    heights = normals @ lifted.swapaxes(1, 2) - (normals * first).sum(2, keepdims=True)
    outside = heights * np.sign(normals[..., 2:])
    outside[:, np.arange(len(triples))[:, None], triples] = np.inf
    return normals[..., 2], outside.min(2)


def _incentres(corners: np.ndarray) -> np.ndarray:
    """(n, M, 3, 2) to (n, M, 2): the corners weighed by the sides across."""
    sides = np.linalg.norm(np.roll(corners, -1, 2) - np.roll(corners, 1, 2), axis=3)
    return (sides[..., None] * corners).sum(2) / sides.sum(2)[..., None]
