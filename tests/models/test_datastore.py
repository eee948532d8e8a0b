"""Nearest entries against a sort of all distances, files against damage."""

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
from headwork.models.joining import Gated, Interpolated, Joining

pytestmark = pytest.mark.row("LC16")
V = 7


def numbers(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def store(entries: int = 40, *, k: int = 5) -> Datastore:
    tokens = torch.randint(V, (entries,), generator=torch.Generator().manual_seed(1))
    return Datastore(numbers(entries, 6, seed=0), tokens, k, Interpolated(0.3, 2.0))


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


@settings(max_examples=20)
@given(entries=st.integers(2, 60), k=st.integers(1, 9), tile=st.integers(1, 70))
@pytest.mark.row("LC17")
def test_an_entry_that_is_left_out_is_not_found(entries, k, tile):
    found = replace(store(entries, k=k), tokens=torch.arange(entries))
    asked = torch.randperm(entries, generator=torch.Generator().manual_seed(3))
    before = datastore.ENTRIES, datastore.ASKED
    datastore.ENTRIES, datastore.ASKED = tile, max(1, tile // 7)
    near = found.near(found.states[asked], without=asked)
    datastore.ENTRIES, datastore.ASKED = before
    distances = torch.cdist(found.states[asked].double(), found.states.double()) ** 2
    distances[torch.arange(entries), asked] = torch.inf
    assert torch.equal(near.tokens, distances.argsort(dim=1)[:, : min(k, entries - 1)])


def opened(width: int = 6) -> Gated:
    gate = Gated(width, scale=3.0)
    for parameter in gate.parameters():
        torch.nn.init.normal_(parameter)
    return gate


@pytest.mark.row("LC17")
@pytest.mark.parametrize("joining", [Interpolated(0.3, 2.0), opened()], ids=lambda j: type(j).__name__)
def test_stored_and_loaded_it_is_the_same(tmp_path: Path, joining: Joining):
    found = replace(store(), joining=joining)
    found.save(tmp_path / "d.safetensors")
    fresh = Interpolated() if isinstance(joining, Interpolated) else Gated(6)
    again = Datastore.load(tmp_path / "d.safetensors", fresh, k=5, width=6, vocabulary=V, device="cpu")
    assert torch.equal(again.states, found.states) and torch.equal(again.tokens, found.tokens) and again.k == 5
    assert again.joining is fresh and fresh.state_dict().keys() == joining.state_dict().keys()
    for name, value in joining.state_dict().items():
        assert torch.equal(fresh.state_dict()[name], value)


def refused(path: Path, joining: Joining, told: str) -> None:
    with pytest.raises(HeadworkError, match=told) as error:
        Datastore.load(path, joining, k=5, width=6, vocabulary=V, device="cpu")
    assert "\n" not in str(error.value)


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
        {"share": np.zeros(1, dtype=np.float32)},
        {"temperature": np.zeros(1)},
        {"temperature": np.full(1, np.inf)},
        {"more": np.zeros(2)},
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(tmp_path, damage):
    path = tmp_path / "d.safetensors"
    store().save(path)
    save_arrays({**load_arrays(path), **damage}, path)
    refused(path, Interpolated(), r"train it again|copy the run folder")
    path.unlink()
    refused(path, Interpolated(), "not a whole safetensors")


@pytest.mark.row("LC17")
@pytest.mark.parametrize(
    "damage",
    [
        {"query": np.zeros((6, 5), dtype=np.float32)},
        {"weight": np.full(6, np.nan, dtype=np.float32)},
        {"bias": np.full(1, -np.inf, dtype=np.float32)},
        {"scale": np.zeros(1)},
        {"share": np.zeros(1)},
    ],
    ids=str,
)
def test_a_gate_that_does_not_fit_is_refused(tmp_path, damage):
    path = tmp_path / "d.safetensors"
    replace(store(), joining=opened()).save(path)
    refused(path, Interpolated(), "train it again")
    save_arrays({**load_arrays(path), **damage}, path)
    fresh = Gated(6)
    refused(path, fresh, r"train it again|copy the run folder")
    assert all(torch.equal(value, Gated(6).state_dict()[name]) for name, value in fresh.state_dict().items())
