"""Threads change the order of work and nothing else."""

import threading

import pytest
import torch

from headwork.ops.threads import each_in_a_thread


@pytest.fixture(autouse=True)
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_results_come_in_order_and_without_gradients():
    weight = torch.randn(3, requires_grad=True)
    found = each_in_a_thread(lambda number: weight * number, range(20))
    assert all(torch.equal(one, weight * number) for number, one in enumerate(found))
    assert not any(one.requires_grad for one in found)


def test_each_thread_works_alone():
    meet = threading.Barrier(2, timeout=20)
    threads = each_in_a_thread(lambda _: (meet.wait(), torch.get_num_threads(), threading.get_ident())[1:], range(2))
    assert [number for number, _ in threads] == [1, 1]
    assert len({thread for _, thread in threads}) == 2
    assert torch.get_num_threads() == 2


def test_one_item_has_all_threads():
    assert each_in_a_thread(lambda _: torch.get_num_threads(), [None]) == [2]
    assert each_in_a_thread(lambda _: None, []) == []


def test_an_error_comes_out_and_the_threads_come_back():
    def fail(number: int) -> None:
        raise ZeroDivisionError(number)

    with pytest.raises(ZeroDivisionError, match="0"):
        each_in_a_thread(fail, range(5))
    assert torch.get_num_threads() == 2
