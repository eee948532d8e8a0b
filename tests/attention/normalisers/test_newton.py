"""The search for thresholds: few steps, also where they are counted beforehand for a compiler."""

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.attention.normalisers.families import ROWS, row

from headwork.attention.normalisers import entmax15, newton, sparsemax

KINDS = {"sparsemax": sparsemax, "entmax15": entmax15}


@pytest.mark.parametrize("places", [1, 2, 128, 4096])
@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_fixed_number_of_steps_is_enough(kind, name, places):
    scores, weights = row(name, places), KINDS[kind]._weights
    torch.testing.assert_close(weights(scores, newton.fixed_steps(places)), weights(scores, None), rtol=0, atol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
@given(values=st.lists(st.floats(-4, 4) | st.sampled_from([0.0, 1.0, -1.0]), min_size=1, max_size=40))
def test_any_row_reaches_one(kind, values):
    scores = torch.tensor([values], dtype=torch.float64)
    for steps in (None, newton.fixed_steps(len(values))):
        assert abs(KINDS[kind]._weights(scores, steps).sum().item() - 1) < 1e-13


@pytest.mark.parametrize("kind", KINDS)
def test_steps_from_the_left_never_pass_the_root(kind):
    scores = row("normal", 300)
    risen = [KINDS[kind]._weights(scores, steps).sum(-1) for steps in range(8)]
    for before, after in itertools.pairwise(risen):
        assert (after <= before + 1e-12).all()
        assert (after >= 1 - 1e-12).all()


def test_a_row_of_ties_takes_one_step():
    torch.testing.assert_close(
        entmax15._weights(row("zeros", 1000), 1), torch.full((1, 1000), 1e-3, dtype=torch.float64)
    )
