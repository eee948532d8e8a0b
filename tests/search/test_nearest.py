"""The nearest vectors are those of brute force, whatever the blocks, and equal ones come in the order of their rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from headwork.search import nearest as module
from headwork.search.nearest import nearest


def unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths, lengths, 1)).astype(np.float32)


def brute(vectors: np.ndarray, query: np.ndarray, top: int) -> tuple[list[int], list[float]]:
    """Python's own sums, exact to the last bit that matters, and a stable sort."""
    scores = [float(np.dot(row, query)) for row in vectors.astype(np.float64)]
    order = sorted(range(len(scores)), key=lambda row: (-round(scores[row], 13), row))[:top]
    return order, [scores[row] for row in order]


@st.composite
def crowds(draw) -> tuple[np.ndarray, np.ndarray, int]:
    """Vectors many of which are equal, or so near each other that single precision tells them apart wrongly."""
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    width, kinds, count = draw(st.sampled_from([2, 7, 64, 384])), draw(st.integers(1, 6)), draw(st.integers(1, 90))
    vectors = unit(random.normal(size=(kinds, width)))[random.integers(0, kinds, count)]
    if draw(st.booleans()):
        vectors = unit(vectors + 1e-7 * random.normal(size=vectors.shape))
    vectors[random.random(count) < 0.1] = 0
    queries = unit(np.concatenate([vectors[:2], random.normal(size=(2, width))]))
    return vectors, queries, draw(st.integers(1, 12))


@pytest.mark.row("BE25")
@settings(max_examples=60)
@given(crowds(), st.sampled_from([1, 3, 17, 16_384]))
def test_search_is_brute_force(crowd, block: int):
    vectors, queries, top = crowd
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        patch.setattr(module, "QUERIES", 3)
        found = nearest(vectors, queries, top)
    for query, each in zip(queries, found, strict=True):
        rows, scores = brute(vectors, query, top)
        np.testing.assert_allclose(each.scores, scores, atol=1e-13)
        assert np.abs(np.sort(vectors[each.rows].astype(float) @ query) - np.sort(scores)).max() < 1e-13
        for one, other in zip(range(len(rows)), range(1, len(rows)), strict=False):
            if np.array_equal(vectors[each.rows[one]], vectors[each.rows[other]]):
                assert each.scores[one] == each.scores[other] and each.rows[one] < each.rows[other]
        firsts = {vectors[row].tobytes(): row for row in reversed(range(len(vectors)))}
        assert each.rows[0] == firsts[vectors[each.rows[0]].tobytes()]


@pytest.mark.row("BE25")
def test_rows_are_those_of_faiss():
    faiss = pytest.importorskip("faiss", reason="faiss is not installed")
    random = np.random.default_rng(0)
    vectors, queries = unit(random.normal(size=(5_000, 64))), unit(random.normal(size=(20, 64)))
    index = faiss.IndexFlatIP(64)
    index.add(vectors)
    scores, rows = index.search(queries, 10)
    for each, theirs, own in zip(nearest(vectors, queries, 10), rows, scores, strict=True):
        assert each.rows.tolist() == theirs.tolist()
        np.testing.assert_allclose(each.scores, own, atol=1e-6)


def test_the_answer_has_the_same_bits_whatever_the_blocks(monkeypatch: pytest.MonkeyPatch):
    random = np.random.default_rng(0)
    vectors, queries = unit(random.normal(size=(500, 48))), unit(random.normal(size=(9, 48)))
    whole = nearest(vectors, queries, 20)
    for block, some in ((7, 1), (64, 4), (499, 9)):
        monkeypatch.setattr(module, "BLOCK", block)
        monkeypatch.setattr(module, "QUERIES", some)
        for one, other in zip(whole, nearest(vectors, queries, 20), strict=True):
            assert np.array_equal(one.rows, other.rows) and np.array_equal(one.scores, other.scores)


def test_scikit_learn_finds_the_same():
    random = np.random.default_rng(1)
    vectors, queries = unit(random.normal(size=(2000, 96))), unit(random.normal(size=(20, 96)))
    peer = NearestNeighbors(n_neighbors=10, algorithm="brute", metric="cosine").fit(vectors)
    distances, rows = peer.kneighbors(queries)
    found = nearest(vectors, queries, 10)
    assert [each.rows.tolist() for each in found] == rows.tolist()
    np.testing.assert_allclose([1 - each.scores for each in found], distances, atol=1e-6)


def test_there_may_be_fewer_vectors_than_asked_for():
    vectors = unit(np.eye(3))
    assert nearest(vectors, vectors[1:2], 10)[0].rows.tolist() == [1, 0, 2]
    assert nearest(vectors, vectors[:0], 10) == []
