"""How blocks move, by hand, and where the gradient of the reconstruction loss goes."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from headwork.attention.memory.compressive import Compressive, Remembered
from headwork.base.errors import HeadworkError

D, HEADS = 4, 2


def row(*values: float) -> Tensor:
    """One text of states that are one number wide."""
    return torch.tensor(values, dtype=torch.float64).view(1, -1, 1)


def listed(state: Remembered) -> tuple[list[float], list[float]]:
    return state.compressed.flatten().tolist(), state.recent.flatten().tolist()


def test_blocks_move_as_by_hand():
    memory = Compressive(4, 2, 2)
    state = memory.remember(None, row(1, 2, 3))
    assert listed(state) == ([], [1, 2, 3])
    state = memory.remember(state, row(4, 5))
    assert listed(state) == ([], [1, 2, 3, 4, 5])  # one too many, but half a block does not leave
    state = memory.remember(state, row(7))
    assert listed(state) == ([1.5], [3, 4, 5, 7])
    state = memory.remember(state, row(8, 9, 10, 11))
    assert listed(state) == ([3.5, 6.0], [8, 9, 10, 11])  # 1.5 was the oldest of three
    assert memory.recall(state, row(12)).flatten().tolist() == [3.5, 6, 8, 9, 10, 11, 12]


def test_max_keeps_the_largest_of_each_dimension():
    blocks = torch.tensor([[[1.0, 9.0], [5.0, 2.0], [-3.0, -1.0], [-2.0, -4.0]]])
    assert Compressive(0, 4, 2, "max").compress(blocks).tolist() == [[[5, 9], [-2, -1]]]


def test_a_convolution_sees_one_block_at_a_time():
    memory = Compressive(0, 4, 3, "conv", dim=D).double()
    states = torch.randn(2, 6, D, dtype=torch.float64)
    assert memory.conv is not None
    expected = torch.einsum("bnrd,odr->bno", states.view(2, 2, 3, D), memory.conv.weight) + memory.conv.bias
    torch.testing.assert_close(memory.compress(states), expected)


@given(
    lengths=st.lists(st.integers(1, 7), max_size=8),
    sizes=st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(1, 4)),
)
def test_nothing_is_lost_before_its_time(lengths, sizes):
    length, compressed, rate = sizes
    memory, text, state = Compressive(length, compressed, rate), torch.arange(1.0, sum(lengths) + 1), None
    for segment in text.split(lengths) if lengths else ():
        state = memory.remember(state, row(*segment.tolist()))
    if state is None:
        return
    coarse, recent = listed(state)
    assert recent == text[len(text) - len(recent) :].tolist()
    assert min(length, len(text)) <= len(recent) < length + rate
    left = text[: len(text) - len(recent)].double().view(-1, rate).mean(1).tolist()
    assert coarse == pytest.approx(left[max(len(left) - compressed, 0) :])


def layers() -> list[nn.Linear]:
    torch.manual_seed(1)
    return [nn.Linear(D, D).double() for _ in range(3)]


def test_the_loss_is_the_papers():
    torch.manual_seed(0)
    memory, (query, key, value) = Compressive(2, 8, 2, "max"), layers()
    state, hidden = memory.remember(None, torch.randn(3, 2, D).double()), torch.randn(3, 5, D).double()
    old = torch.cat([state.recent, hidden], 1)[:, :4]
    new = torch.stack([old[:, :2].amax(1), old[:, 2:].amax(1)], 1)
    norms = []
    for text in range(3):
        seen = []
        for states in (old, new):
            q, k, v = query(hidden[text]), key(states[text]), value(states[text])
            halves = [(q[:, h] @ k[:, h].T / 2**0.5).softmax(1) @ v[:, h] for h in (slice(0, 2), slice(2, 4))]
            seen.append(torch.cat(halves, 1))
        norms.append((seen[0] - seen[1]).square().sum().sqrt())
    torch.testing.assert_close(memory.loss(state, hidden, query, key, value, heads=HEADS), sum(norms) / 3)


def test_the_loss_trains_the_compression_alone():
    torch.manual_seed(0)
    memory, projections = Compressive(2, 4, 2, "conv", dim=D).double(), layers()
    state = memory.remember(None, torch.randn(2, 2, D).double())
    hidden = torch.randn(2, 2, D, dtype=torch.float64, requires_grad=True)
    memory.loss(state, hidden, *projections, heads=HEADS).backward()
    assert hidden.grad is None
    assert all(parameter.grad is None for layer in projections for parameter in layer.parameters())
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in memory.parameters())
    later = memory.remember(state, hidden)
    assert later.compressed.shape[1] == 1
    assert not later.compressed.requires_grad
    assert not later.recent.requires_grad


def test_learning_lowers_the_loss():
    torch.manual_seed(0)
    memory, projections, hidden = Compressive(0, 4, 2, "conv", dim=D).double(), layers(), torch.randn(4, 6, D).double()
    adam, losses = torch.optim.Adam(memory.parameters(), lr=0.02), []
    for _ in range(60):
        losses.append(memory.loss(None, hidden, *projections, heads=HEADS))
        adam.zero_grad()
        losses[-1].backward()
        adam.step()
    assert losses[-1] < losses[0] / 2


def test_no_loss_where_nothing_leaves_or_nothing_changes():
    hidden = torch.randn(1, 3, D, dtype=torch.float64)
    assert Compressive(3, 4, 2).loss(None, hidden, *layers(), heads=HEADS) == 0
    assert Compressive(0, 4, 1).loss(None, hidden, *layers(), heads=HEADS) == 0


def test_a_state_changes_not_with_its_sources():
    memory, hidden = Compressive(2, 4, 2), row(1, 2, 3, 4)
    state = memory.remember(None, hidden)
    hidden.zero_()
    assert listed(state) == ([1.5], [3, 4])
    memory.remember(state, row(5, 6))
    assert listed(state) == ([1.5], [3, 4])


@pytest.mark.parametrize("how", ["median", "conv"])
def test_unknown_compressions_are_refused(how):
    with pytest.raises(HeadworkError, match="expected 'mean', 'max', or 'conv' with dim"):
        Compressive(2, 2, 2, how)
