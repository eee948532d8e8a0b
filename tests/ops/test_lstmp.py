"""The projected LSTM: without its projection and clips it is the LSTM, and its gradients are right.

Its numbers are held to a version in numpy by tests/models/test_elmo.py.
"""

import pytest
import torch
from torch import Tensor

from headwork.ops.lstm import lstm
from headwork.ops.lstmp import State, lstmp

DIRECTIONS, CELLS, WIDTH, SIZES = 2, 4, 3, (3, 2, 2, 1)
OPEN = {"cell_clip": None, "projection_clip": None}


def drawn(*shape: int) -> Tensor:
    return torch.randn(DIRECTIONS, *shape, dtype=torch.float64)


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def test_projected_by_nothing_it_is_the_lstm():
    inputs, weight = drawn(sum(SIZES), 4 * CELLS), drawn(CELLS, 4 * CELLS)
    o, i, f, g = range(4)

    def regated(x: Tensor) -> Tensor:
        return x.unflatten(-1, (4, CELLS))[..., [i, g, f, o], :].flatten(-2)

    nothing = torch.eye(CELLS, dtype=torch.float64).expand(DIRECTIONS, -1, -1)
    first = State(*torch.zeros(2, DIRECTIONS, SIZES[0], CELLS, dtype=torch.float64))
    found, _ = lstmp(regated(inputs), regated(weight), nothing, first, SIZES, **OPEN)
    torch.testing.assert_close(found, lstm(inputs, weight, SIZES), rtol=0, atol=1e-12)


def test_going_on_from_the_states_behind_a_part_is_reading_the_whole():
    inputs, weight, projection = drawn(8, 4 * CELLS), drawn(WIDTH, 4 * CELLS), drawn(CELLS, WIDTH)
    first = State(drawn(2, WIDTH), drawn(2, CELLS))
    whole, end = lstmp(inputs, weight, projection, first, (2, 2, 2, 2), **OPEN)
    part, between = lstmp(inputs[:, :4], weight, projection, first, (2, 2), **OPEN)
    rest, behind = lstmp(inputs[:, 4:], weight, projection, between, (2, 2), **OPEN)
    assert torch.equal(torch.cat([part, rest], dim=1), whole)
    assert torch.equal(behind.h, end.h) and torch.equal(behind.c, end.c)


def test_the_state_behind_each_text_is_that_of_its_last_step():
    inputs, weight, projection = drawn(sum(SIZES), 4 * CELLS), drawn(WIDTH, 4 * CELLS), drawn(CELLS, WIDTH)
    states, after = lstmp(inputs, weight, projection, State(drawn(3, WIDTH), drawn(3, CELLS)), SIZES, **OPEN)
    last = [7, 6, 2]
    assert torch.equal(after.h, states[:, last])


@pytest.mark.parametrize("clips", [OPEN, {"cell_clip": 0.4, "projection_clip": 0.3}], ids=["open", "clipped"])
def test_gradients(clips: dict):
    inputs, weight, projection = drawn(sum(SIZES), 4 * CELLS), drawn(WIDTH, 4 * CELLS), drawn(CELLS, WIDTH)
    given = [each.requires_grad_() for each in (inputs, weight, projection, drawn(3, WIDTH), drawn(3, CELLS))]

    def both(inputs: Tensor, weight: Tensor, projection: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, ...]:
        states, after = lstmp(inputs, weight, projection, State(h, c), SIZES, **clips)
        return states, *after

    assert torch.autograd.gradcheck(both, given)


def test_clips_hold():
    inputs, weight, projection = 9 * drawn(sum(SIZES), 4 * CELLS), drawn(WIDTH, 4 * CELLS), 9 * drawn(CELLS, WIDTH)
    first = State(drawn(3, WIDTH), drawn(3, CELLS))
    states, after = lstmp(inputs, weight, projection, first, SIZES, cell_clip=0.5, projection_clip=0.25)
    assert states.abs().max() == 0.25 and after.c.abs().max() == 0.5
