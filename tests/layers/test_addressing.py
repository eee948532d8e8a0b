"""Addressing of a Neural Turing machine: by hand, by Fourier transforms, and step by step."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from headwork.attention.scores import Cosine
from headwork.attention.where import Where
from headwork.layers.addressing import Address, address, read, rotate, sharpen, similarity, write

pytestmark = pytest.mark.row("ME01")


def one(*values: float) -> torch.Tensor:
    """(1, 1, n)"""
    return torch.tensor([[values]], dtype=torch.float64)


def asked(**changes: torch.Tensor) -> Address:
    plain = {"key": one(1, 0), "strength": one(1), "gate": one(1), "shift": one(0, 1, 0), "sharpness": one(1)}
    return Address(**{**plain, **changes})


def test_the_pipeline_by_hand():
    """Three places: (1, 0), (0, 2), (3, 3); the key (2, 0), beta = 2, g = 3/4, half a shift on, gamma = 2."""
    memory = torch.tensor([[[1.0, 0], [0, 2], [3, 3]]], dtype=torch.float64)
    before = one(0.2, 0.3, 0.5)
    found = address(
        memory,
        before,
        Address(key=one(2, 0), strength=one(2), gate=one(0.75), shift=one(0, 0.5, 0.5), sharpness=one(2)),
    )
    raised = np.exp(2 * np.array([1, 0, np.sqrt(0.5)]))
    gated = 0.75 * raised / raised.sum() + 0.25 * np.array([0.2, 0.3, 0.5])
    shifted = 0.5 * gated + 0.5 * np.array([gated[2], gated[0], gated[1]])
    np.testing.assert_allclose(found[0, 0], shifted**2 / (shifted**2).sum(), atol=1e-12)


def test_a_shift_is_a_circular_convolution():
    generator = torch.Generator().manual_seed(0)
    for places, reach in ((7, 1), (12, 3), (5, 2)):
        weights = torch.rand(4, 2, places, generator=generator, dtype=torch.float64)
        shift = torch.rand(4, 2, 2 * reach + 1, generator=generator, dtype=torch.float64)
        around = torch.zeros(4, 2, places, dtype=torch.float64)
        for place in range(2 * reach + 1):
            around[..., (place - reach) % places] = shift[..., place]
        expected = torch.fft.ifft(torch.fft.fft(weights) * torch.fft.fft(around)).real
        torch.testing.assert_close(rotate(weights, shift), expected, rtol=0, atol=1e-12)


def test_a_positive_shift_moves_on_and_round_the_end():
    assert rotate(one(0, 0, 0, 1), one(0, 0, 1)).tolist() == [[[1, 0, 0, 0]]]
    assert rotate(one(0, 1, 0, 0), one(1, 0, 0)).tolist() == [[[1, 0, 0, 0]]]


def test_similarity_is_the_cosine_score():
    generator = torch.Generator().manual_seed(0)
    memory, key = (torch.randn(3, n, 5, generator=generator, dtype=torch.float64) for n in (6, 2))
    query = key[:, None]
    expected = Cosine().dense(query, memory[:, None], Where.of(query, memory[:, None]))[:, 0]
    torch.testing.assert_close(similarity(memory, key), expected)
    expected = functional.cosine_similarity(key[:, :, None], memory[:, None], dim=-1)
    torch.testing.assert_close(similarity(memory, key), expected)


def test_gate_zero_ignores_content_and_gate_one_the_past():
    generator = torch.Generator().manual_seed(0)
    memory = torch.randn(1, 4, 2, generator=generator, dtype=torch.float64)
    before = one(0.1, 0.2, 0.3, 0.4)
    torch.testing.assert_close(address(memory, before, asked(gate=one(0))), before)
    other = one(0.7, 0.1, 0.1, 0.1)
    torch.testing.assert_close(address(memory, before, asked()), address(memory, other, asked()))


def test_weights_stay_a_distribution_and_sharpening_narrows_them():
    generator = torch.Generator().manual_seed(0)
    weights = torch.rand(2, 3, 9, generator=generator, dtype=torch.float64).softmax(-1)
    sharp = sharpen(weights, torch.full((2, 3, 1), 3.0, dtype=torch.float64))
    torch.testing.assert_close(sharp.sum(-1), torch.ones(2, 3, dtype=torch.float64))
    torch.testing.assert_close(sharp, weights**3 / (weights**3).sum(-1, keepdim=True))
    assert (sharp.amax(-1) > weights.amax(-1)).all()


def test_sharpening_a_weight_of_zero_has_a_gradient():
    weights = one(0, 0.5, 0.5).requires_grad_()
    sharpen(weights, one(2.5)).square().sum().backward()
    assert weights.grad is not None and weights.grad.isfinite().all()


def test_writing_erases_then_adds_and_reading_gives_it_back():
    memory = torch.ones(1, 3, 2, dtype=torch.float64)
    weights = torch.tensor([[[1.0, 0, 0], [0.5, 0.5, 0]]], dtype=torch.float64)
    erase = torch.tensor([[[1.0, 0], [0.5, 1]]], dtype=torch.float64)
    add = torch.tensor([[[2.0, 3], [4, 0]]], dtype=torch.float64)
    written = write(memory, weights, erase, add)
    # place 0: 1 (1 - 1)(1 - 1/4) + 2 + 2 = 4 and 1 (1 - 0)(1 - 1/2) + 3 + 0 = 3.5
    assert written.tolist() == [[[4, 3.5], [1 * 0.75 + 2, 0.5], [1, 1]]]
    assert read(written, one(0, 1, 0)).tolist() == [[[2.75, 0.5]]]
    torch.testing.assert_close(read(written, one(0.5, 0, 0.5)), one(2.5, 2.25))
