"""Row by row against torch's own lazy Adam, and that no other row is touched."""

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.base.errors import HeadworkError
from headwork.ops.row_adam import RowAdam

ROWS, WIDTH = 50, 4


def table(seed: int = 0) -> nn.Parameter:
    return nn.Parameter(torch.randn(ROWS, WIDTH, generator=torch.Generator().manual_seed(seed), dtype=torch.float64))


def train(values: nn.Parameter, optimizer: torch.optim.Optimizer, steps: int, first: int = 0) -> None:
    for step in range(first, first + steps):
        generator = torch.Generator().manual_seed(step)
        bags = torch.randint(ROWS // 2, (6, 3), generator=generator)  # the upper half is never read
        weights, target = torch.randn(2, 6, WIDTH, generator=generator, dtype=torch.float64)
        optimizer.zero_grad()
        read = F.embedding_bag(bags, values, mode="sum", per_sample_weights=weights[:, :3].contiguous(), sparse=True)
        F.mse_loss(read, target).backward()
        optimizer.step()


@pytest.mark.parametrize("settings", [{}, {"lr": 0.1, "betas": (0.5, 0.9), "eps": 1e-3}])
def test_it_is_lazy_adam(settings):
    own, reference = table(), table()
    train(own, RowAdam([own], **settings), 30)
    train(reference, torch.optim.SparseAdam([reference], **settings), 30)
    torch.testing.assert_close(own, reference, rtol=0, atol=1e-12)
    assert not torch.equal(own, table())


def step(values: nn.Parameter, optimizer: torch.optim.Optimizer, rows: list[int]) -> None:
    optimizer.zero_grad()
    F.embedding(torch.tensor(rows), values, sparse=True).square().sum().backward()
    optimizer.step()


def test_rows_without_a_gradient_are_not_touched():
    values = table()
    optimizer = RowAdam([values], lr=0.1)
    step(values, optimizer, [3, 7, 3])
    before, moments = values.detach().clone(), copy.deepcopy(optimizer.state[values])
    step(values, optimizer, [7, 9])
    state, others = optimizer.state[values], [row for row in range(ROWS) if row not in (7, 9)]
    assert torch.equal(values[others], before[others])
    assert (values[[7, 9]] != before[[7, 9]]).all()
    for name in ("mean", "square"):
        assert torch.equal(state[name][others], moments[name][others])
        assert (state[name][[7, 9]] != moments[name][[7, 9]]).all()


def test_the_first_step_has_the_size_of_the_rate():
    values = table()
    step(values, RowAdam([values], lr=0.1), [0, 0, 5])
    torch.testing.assert_close(values[[0, 5]], (table() - 0.1 * table().sign())[[0, 5]], rtol=0, atol=1e-6)


def test_a_stored_state_goes_on():
    whole, halves = table(), table()
    train(whole, RowAdam([whole], lr=0.1), 8)
    first = RowAdam([halves], lr=0.1)
    train(halves, first, 5)
    second = RowAdam([halves], lr=0.3)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    train(halves, second, 3, first=5)
    assert torch.equal(whole, halves)


def test_groups_have_rates_of_their_own_and_a_table_may_rest():
    slow, fast, resting = table(), table(), table()
    optimizer = RowAdam([{"params": [slow]}, {"params": [fast, resting], "lr": 0.1}], lr=0.01)
    (
        F.embedding(torch.tensor([1]), slow, sparse=True) + F.embedding(torch.tensor([1]), fast, sparse=True)
    ).sum().backward()
    optimizer.step()
    moved: list[Tensor] = [(values - table())[1].abs() for values in (slow, fast)]
    torch.testing.assert_close(moved[1], 10 * moved[0], rtol=1e-6, atol=0)
    assert torch.equal(resting, table())


def test_a_closure_is_asked_with_gradient():
    values = table()
    optimizer = RowAdam([values])

    def loss() -> float:
        optimizer.zero_grad()
        lost = F.embedding(torch.tensor([2]), values, sparse=True).square().sum()
        lost.backward()
        return lost.item()

    assert optimizer.step(loss) == pytest.approx(table()[2].square().sum().item())
    assert not torch.equal(values[2], table()[2])


def test_dense_gradients_are_refused():
    values = table()
    values.sum().backward()
    with pytest.raises(HeadworkError, match=r"not sparse by rows; use torch\.optim\.AdamW"):
        RowAdam([values]).step()
