"""The table of memories, and the order in which they put keys."""

import pytest
import torch

from headwork.attention.memory import MEMORIES, Cache, Pairs, Persistent


def test_every_memory_names_its_paper_formula_and_axes():
    for memory in MEMORIES.values():
        text = __import__(memory.__module__, fromlist=["_"]).__doc__
        assert "Axes: " in text
        assert "    " in text


def test_remembered_pairs_come_first_and_one_row_serves_all_texts():
    remembered = Pairs(torch.zeros(1, 2, 3, 4), torch.zeros(1, 2, 3, 5))
    key, value = remembered.extend(torch.ones(6, 2, 1, 4), torch.ones(6, 2, 1, 5))
    assert key.shape == (6, 2, 4, 4)
    assert value.shape == (6, 2, 4, 5)
    assert key[0, 0, :, 0].tolist() == value[5, 1, :, 4].tolist() == [0, 0, 0, 1]


def test_remembered_pairs_take_on_the_new_ones_kind_of_number():
    remembered = Pairs(torch.zeros(1, 1, 1, 2), torch.zeros(1, 1, 1, 2))
    extended = remembered.extend(*torch.ones(2, 1, 1, 1, 2, dtype=torch.bfloat16))
    assert extended.key.dtype == extended.value.dtype == torch.bfloat16


@pytest.mark.parametrize("memory", [Cache(), Persistent(2, 3, 4), Pairs(*torch.zeros(2, 1, 2, 3, 4))])
def test_memories_of_pairs_share_one_call(memory):
    key, value = torch.randn(2, 1, 2, 5, 4)
    extended = memory.extend(key, value)
    assert torch.equal(extended.key[:, :, -5:], key)
    assert torch.equal(extended.value[:, :, -5:], value)
