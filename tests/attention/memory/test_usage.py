"""Share of slots and divergence, where they are known."""

import math

import pytest
import torch

from headwork.attention.memory.usage import Usage


def test_even_use_diverges_by_nothing():
    usage = Usage(12)
    for batch in torch.arange(12).view(2, 3, 1, 2):
        usage.add(batch, torch.full((3, 1, 2), 0.5))
    assert usage.share == 1
    assert usage.divergence == pytest.approx(0, abs=1e-12)


def test_one_slot_diverges_by_the_logarithm_of_all():
    usage = Usage(12)
    usage.add(torch.full((4, 2, 1), 7), torch.ones(4, 2, 1))
    assert usage.share == pytest.approx(1 / 12)
    assert usage.divergence == pytest.approx(math.log(12), abs=1e-12)


def test_weights_count_not_readings():
    usage = Usage(4)
    usage.add(torch.tensor([[[0, 1, 2]]]), torch.tensor([[[0.75, 0.25, 0.0]]]))
    assert usage.share == 0.5
    assert usage.divergence == pytest.approx(math.log(4) + 0.75 * math.log(0.75) + 0.25 * math.log(0.25))


def test_batches_add_up():
    generator = torch.Generator().manual_seed(0)
    indices, weights = torch.randint(20, (30, 2, 4), generator=generator), torch.rand(30, 2, 4, generator=generator)
    whole, parts = Usage(20), Usage(20)
    whole.add(indices, weights)
    for part in range(0, 30, 7):
        parts.add(indices[part : part + 7], weights[part : part + 7])
    torch.testing.assert_close(parts.weight, whole.weight)


def test_before_the_first_reading():
    assert Usage(3).share == 0
    assert math.isnan(Usage(3).divergence)
