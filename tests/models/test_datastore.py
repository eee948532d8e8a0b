"""Nearest entries against a sort of all distances, the mixture against its formula, files against damage."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from headwork.base.arrays import load_arrays, save_arrays
from headwork.base.errors import HeadworkError
from headwork.models import datastore
from headwork.models.datastore import Datastore

pytestmark = pytest.mark.row("LC16")
V = 7


def numbers(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def store(entries: int = 40, *, k: int = 5, share: float = 0.3, temperature: float = 2.0) -> Datastore:
    tokens = torch.randint(V, (entries,), generator=torch.Generator().manual_seed(1))
    return Datastore(numbers(entries, 6, seed=0), tokens, k, share, temperature)


@settings(max_examples=20)
@given(entries=st.integers(1, 60), k=st.integers(1, 9), tile=st.integers(1, 70), asked=st.integers(1, 12))
def test_the_nearest_are_those_of_a_whole_sort(entries, k, tile, asked):
    found = store(entries, k=k)
    queries = numbers(asked, 6, seed=2)
    before = datastore.ENTRIES, datastore.ASKED
    datastore.ENTRIES, datastore.ASKED = tile, max(1, tile // 7)
    near = found.near(queries)
    datastore.ENTRIES, datastore.ASKED = before
    distances = torch.cdist(queries.double(), found.states.double()) ** 2
    best, rows = distances.sort(dim=1)
    torch.testing.assert_close(near.distances.double(), best[:, :k], rtol=1e-5, atol=1e-6)
    assert torch.equal(near.tokens, found.tokens[rows[:, :k]])


def test_distances_far_from_the_origin_keep_their_digits():
    found = store()
    moved = replace(found, states=found.states + 300)
    one, two = found.near(numbers(4, 6, seed=2)), moved.near(numbers(4, 6, seed=2) + 300)
    torch.testing.assert_close(one.distances[:, 0], two.distances[:, 0], rtol=1e-3, atol=1e-3)


def test_the_mixture_is_its_formula():
    found, queries = store(), numbers(3, 6, seed=2)
    alone = numbers(3, V, seed=3).double().log_softmax(-1)
    expected = 0.7 * alone.exp()
    for n in range(3):
        distances = [
            (float(((queries[n] - state) ** 2).sum()), int(token))
            for state, token in zip(found.states, found.tokens, strict=True)
        ]
        best = sorted(distances)[:5]
        weights = [math.exp(-distance / 2) for distance, _ in best]
        for weight, (_, token) in zip(weights, best, strict=True):
            expected[n, token] += 0.3 * weight / sum(weights)
    torch.testing.assert_close(found.mixed(alone, queries).exp(), expected, rtol=0, atol=1e-6)
    of_answer = found.near(queries).chance_of(torch.tensor([1, 2, 3]), 2.0)
    chances = found.near(queries).chances(2.0, vocabulary=V)
    torch.testing.assert_close(of_answer, chances[range(3), [1, 2, 3]])


def test_no_share_changes_no_bit():
    alone = numbers(3, V, seed=3).double().log_softmax(-1)
    assert torch.equal(store(share=0.0).mixed(alone, numbers(3, 6, seed=2)), alone)


def test_stored_and_loaded_it_is_the_same(tmp_path: Path):
    found = store()
    found.save(tmp_path / "d.safetensors")
    again = Datastore.load(tmp_path / "d.safetensors", k=5, width=6, vocabulary=V, device="cpu")
    assert torch.equal(again.states, found.states) and torch.equal(again.tokens, found.tokens)
    assert (again.k, again.share, again.temperature) == (5, 0.3, 2.0)


@pytest.mark.parametrize(
    "damage",
    [
        {"tokens": np.full(40, V)},
        {"tokens": np.full(40, -1)},
        {"tokens": np.zeros(40)},
        {"tokens": np.zeros(39, dtype=np.int64)},
        {"states": np.zeros((40, 5), dtype=np.float32)},
        {"states": np.full((40, 6), np.nan, dtype=np.float32)},
        {"share": np.ones(1)},
        {"temperature": np.zeros(1)},
        {"more": np.zeros(2)},
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(tmp_path, damage):
    path = tmp_path / "d.safetensors"
    store().save(path)
    save_arrays({**load_arrays(path), **damage}, path)
    with pytest.raises(HeadworkError, match=r"train it again|copy the run folder"):
        Datastore.load(path, k=5, width=6, vocabulary=V, device="cpu")
    path.unlink()
    with pytest.raises(HeadworkError, match="not a whole safetensors"):
        Datastore.load(path, k=5, width=6, vocabulary=V, device="cpu")
