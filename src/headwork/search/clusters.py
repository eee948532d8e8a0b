"""Groups of texts that mean something alike, by scikit-learn.

    clusters=k     k-means on vectors of length 1 (k-means++ starts, the best of several)
    threshold=t    from the bottom up: the two groups whose texts have the largest mean cosine become one, as long as it
                   is at least t (average linkage)

How well groups agree with known labels is said by the adjusted Rand index (Hubert and Arabie 1985): 0 by chance, 1 for
the same groups.

Axes: n texts, D width.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.files import write_text
from headwork.base.limits import Limits
from headwork.data.cells import Cell
from headwork.data.columns import check_column
from headwork.data.tables import read_table

STARTS = 10
MOST = 10_000
"""texts from the bottom up: all distances are in memory at once"""


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """A group; its centre is the mean of its vectors, brought to length 1."""

    number: int
    """0 is the largest"""
    size: int
    cosine: float
    """of its texts to the centre, a mean"""
    rows: list[int]
    """of the different texts that are nearest to the centre, the nearest first"""
    texts: list[str]


def clustered(
    vectors: np.ndarray, *, clusters: int | None = None, threshold: float | None = None, seed: int = 0
) -> np.ndarray:
    """(n,) numbers of groups, from the largest; of equal ones the one whose first text stands first."""
    check(clusters=clusters, threshold=threshold)
    if clusters is not None:
        return by_size(_k_means(vectors, clusters, seed))
    assert threshold is not None
    return by_size(_bottom_up(vectors, threshold))


def check(*, clusters: int | None, threshold: float | None) -> None:
    """Refuse what says nothing, or two things, of the groups that are wanted."""
    if (clusters is None) == (threshold is None):
        raise HeadworkError("--clusters, --threshold: give one of them, how many groups or how alike their texts are")
    if threshold is not None and not -1 <= threshold <= 1:
        raise HeadworkError(f"--threshold {threshold:g}: a cosine is between -1 and 1")


def _k_means(vectors: np.ndarray, clusters: int, seed: int) -> np.ndarray:
    from sklearn.cluster import KMeans  # only here: it takes as long to load as torch

    different = len(np.unique(vectors, axis=0))
    if not 1 <= clusters <= different:
        raise HeadworkError(f"--clusters {clusters}: expected 1 to {different:,}, the number of different texts")
    fitted: Any = KMeans(clusters, n_init=cast(Any, STARTS), random_state=seed).fit(vectors)
    return fitted.labels_


def _bottom_up(vectors: np.ndarray, threshold: float) -> np.ndarray:
    from sklearn.cluster import AgglomerativeClustering

    if len(vectors) > MOST:
        raise HeadworkError(f"--threshold: {len(vectors):,} texts, and at most {MOST:,} are compared; use --clusters")
    if len(vectors) == 1:
        return np.zeros(1, np.int64)
    distances = np.clip(1 - vectors.astype(np.float64) @ vectors.T.astype(np.float64), 0, None)
    joined: Any = AgglomerativeClustering(
        n_clusters=cast(Any, None),
        metric="precomputed",
        linkage="average",
        distance_threshold=np.nextafter(1 - threshold, 3),
    )
    return joined.fit(distances).labels_


def by_size(labels: np.ndarray) -> np.ndarray:
    """The same groups, numbered anew."""
    _, first, numbers, sizes = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    ranks = np.empty(len(sizes), np.int64)
    ranks[np.lexsort((first, -sizes))] = np.arange(len(sizes))
    return ranks[numbers]


def described(vectors: np.ndarray, texts: list[str], numbers: np.ndarray, *, shown: int = 3) -> list[Cluster]:
    """Each group with its size and the texts in its middle."""
    found = []
    for number in range(numbers.max() + 1):
        rows = np.flatnonzero(numbers == number)
        own = vectors[rows].astype(np.float64)
        centre = own.mean(axis=0)
        cosines = own @ (centre / (np.linalg.norm(centre) or 1.0))
        first: dict[str, int] = {}
        for row in rows[np.lexsort((rows, -cosines.round(9)))].tolist():
            first.setdefault(texts[row], row)
        nearest = list(first.values())[:shown]
        found.append(
            Cluster(
                number=number,
                size=len(rows),
                cosine=float(cosines.mean()),
                rows=nearest,
                texts=[texts[row] for row in nearest],
            )
        )
    return found


def labels_of(file: Path, column: str, limits: Limits) -> list[Cell]:
    """The known labels of the rows of a file."""
    table = read_table(file, limits)
    check_column(table, column)
    return table.columns[column]


def write_groups(path: Path, numbers: np.ndarray) -> None:
    """row,group of each text, as a csv."""
    lines = [f"{row},{number}\n" for row, number in enumerate(numbers.tolist())]
    write_text(path, "".join(["row,group\n", *lines]))


def agreement(numbers: np.ndarray, labels: Sequence[Cell]) -> tuple[float, int]:
    """The adjusted Rand index over the texts that have a label, and how many these are."""
    from sklearn.metrics import adjusted_rand_score

    known = [place for place, label in enumerate(labels) if label and label.strip()]
    if not known:
        raise HeadworkError("--labels: no text has a label in that column")
    return float(adjusted_rand_score([labels[place] for place in known], numbers[known])), len(known)
