"""Groups of vectors: what they promise, and how they agree with labels."""

from itertools import combinations
from math import comb

import numpy as np
import pytest

from headwork.base.errors import HeadworkError
from headwork.search import clusters as module
from headwork.search.clusters import agreement, by_size, clustered, described


def clouds(sizes: tuple[int, ...] = (5, 20, 9), noise: float = 0.15, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors around some directions, shuffled, and which each is of."""
    random = np.random.default_rng(seed)
    labels = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
    vectors = np.eye(16)[labels] + noise * random.normal(size=(len(labels), 16))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), labels


@pytest.mark.row("BE25")
@pytest.mark.parametrize("how", [{"clusters": 3}, {"threshold": 0.4}])
def test_clouds_are_told_apart_the_largest_first(how: dict):
    vectors, labels = clouds()
    numbers = clustered(vectors, **how)
    for number, cloud in enumerate((1, 2, 0)):
        assert np.array_equal(numbers == number, labels == cloud)
    assert np.array_equal(numbers, clustered(vectors, **how))


def mean_cosine(vectors: np.ndarray, one: np.ndarray, other: np.ndarray) -> float:
    return float((vectors[one].astype(float) @ vectors[other].T.astype(float)).mean())


@pytest.mark.parametrize("threshold", [-0.2, 0.1, 0.3, 0.6, 0.95])
def test_no_two_groups_are_as_alike_as_the_threshold(threshold: float):
    vectors, _ = clouds(noise=0.35)
    numbers = clustered(vectors, threshold=threshold)
    groups = [np.flatnonzero(numbers == number) for number in range(numbers.max() + 1)]
    assert all(mean_cosine(vectors, one, other) < threshold for one, other in combinations(groups, 2))
    for two in (group for group in groups if len(group) == 2):
        assert mean_cosine(vectors, two[:1], two[1:]) >= threshold


def test_two_texts_at_the_threshold_are_one_group():
    vectors = np.array([[1, 0], [0.6, 0.8]], np.float32)
    cosine = float(vectors[0].astype(float) @ vectors[1].astype(float))
    assert clustered(vectors, threshold=cosine).tolist() == [0, 0]
    assert clustered(vectors, threshold=cosine + 1e-6).tolist() == [0, 1]
    assert clustered(vectors[:1], threshold=0.5).tolist() == [0]


def test_groups_are_numbered_by_size_then_by_their_first_row():
    assert by_size(np.array([7, 3, 3, 9, 7, 5])).tolist() == [0, 1, 1, 2, 0, 3]


def test_the_texts_in_the_middle_are_shown_once_each():
    vectors, _ = clouds((12, 3), noise=0.3)
    texts = [f"text {place // 2}" for place in range(15)]
    numbers = clustered(vectors, clusters=2)
    for group in described(vectors, texts, numbers, shown=4):
        own = np.flatnonzero(numbers == group.number)
        assert group.size == len(own) and len(set(group.texts)) == len(group.texts)
        centre = vectors[own].astype(float).mean(0)
        centre /= np.linalg.norm(centre)
        cosines = {row: vectors[row] @ centre for row in own}
        assert group.cosine == pytest.approx(np.mean(list(cosines.values())), abs=1e-6)
        best = sorted(
            {texts[row]: max(cosines[r] for r in own if texts[r] == texts[row]) for row in own}.items(),
            key=lambda item: -item[1],
        )
        assert group.texts == [text for text, _ in best[:4]]
        assert [texts[row] for row in group.rows] == group.texts


def test_agreement_is_the_adjusted_rand_index_of_what_is_labelled():
    """Hubert and Arabie 1985, from counts of pairs."""
    random = np.random.default_rng(0)
    numbers, labels = random.integers(0, 3, 60), [str(x) for x in random.integers(0, 4, 60)]
    labels[:20] = [str(x) for x in numbers[:20]]
    labels[50:] = [None, ""] * 5
    pairs = list(zip(numbers[:50].tolist(), labels[:50], strict=True))
    both, rows, columns = (
        sum(comb(pairs_of.count(x), 2) for x in set(pairs_of))
        for pairs_of in (pairs, [one for one, _ in pairs], [other for _, other in pairs])
    )
    chance = rows * columns / comb(50, 2)
    expected = (both - chance) / ((rows + columns) / 2 - chance)
    assert agreement(numbers, labels) == (pytest.approx(expected), 50)


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({}, "give one of them"),
        ({"clusters": 2, "threshold": 0.5}, "give one of them"),
        ({"clusters": 0}, "expected 1 to 34"),
        ({"clusters": 35}, "expected 1 to 34"),
        ({"threshold": 1.5}, "between -1 and 1"),
    ],
)
def test_impossible_groups_are_refused(how: dict, told: str):
    with pytest.raises(HeadworkError, match=told):
        clustered(clouds()[0], **how)


def test_too_many_texts_from_the_bottom_up_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST", 33)
    with pytest.raises(HeadworkError, match="at most 33 are compared"):
        clustered(clouds()[0], threshold=0.5)
    with pytest.raises(HeadworkError, match="no text has a label"):
        agreement(np.zeros(2, int), [None, " "])
