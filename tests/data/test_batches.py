"""Batches hold every index once, keep to the budget of padded tokens, and depend on nothing but their arguments."""

from hypothesis import given
from hypothesis import strategies as st

from headwork.data.batches import GPU_TIMES, epoch_batches, ordered_batches

LENGTHS = st.lists(st.integers(0, 60), max_size=200)


def check(batches: list[list[int]], lengths: list[int], budget: int) -> None:
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or max(lengths[index] for index in batch) * len(batch) <= budget


@given(LENGTHS, st.integers(0, 9), st.integers(0, 9), st.integers(1, 300), st.integers(1, 5))
def test_an_epoch(lengths: list[int], seed: int, epoch: int, budget: int, window: int) -> None:
    batches = epoch_batches(lengths, seed=seed, epoch=epoch, budget_tokens=budget, window=window)
    check(batches, lengths, budget)
    assert batches == epoch_batches(list(lengths), seed=seed, epoch=epoch, budget_tokens=budget, window=window)


@given(LENGTHS, st.integers(1, 300))
def test_in_order(lengths: list[int], budget: int) -> None:
    batches = ordered_batches(lengths, budget)
    check(batches, lengths, budget)
    in_turn = [lengths[index] for batch in batches for index in batch]
    assert in_turn == sorted(lengths)


def test_a_gpu_gets_larger_ones() -> None:
    lengths = [30] * 200
    assert ordered_batches(lengths, 60 * GPU_TIMES) == ordered_batches(lengths, 60, "cuda")


def test_seeds_and_epochs_differ() -> None:
    lengths = list(range(100))
    orders = [epoch_batches(lengths, seed=seed, epoch=epoch, budget_tokens=400) for seed in (0, 1) for epoch in (0, 1)]
    assert all(one != other for place, one in enumerate(orders) for other in orders[:place])
    # A resumed run must find the batches of the run that was interrupted, on every Python: this must never change.
    found = epoch_batches([3, 1, 4, 1, 5, 9, 2, 6], seed=1, epoch=2, budget_tokens=10)
    assert found == [[3, 1, 6], [4], [7], [5], [0, 2]]


def test_windows_save_most_of_the_padding() -> None:
    lengths = [3 + index * 7919 % 200 for index in range(4_000)]
    batches = epoch_batches(lengths, seed=0, epoch=0, budget_tokens=2_000)
    padded = sum(max(lengths[index] for index in batch) * len(batch) for batch in batches)
    assert padded < 1.05 * sum(lengths)
