"""Step by step with a cache against causal attention to the whole text."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from headwork.attention.memory.cache import Cache
from headwork.base.errors import HeadworkError

B, H, D, E = 3, 2, 4, 5


def pairs(length: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(B, H, length, width, generator=generator, dtype=torch.float64) for width in (D, E))


@given(steps=st.lists(st.integers(1, 5), min_size=1, max_size=8), capacity=st.integers(1, 9))
def test_cached_steps_are_causal_attention(steps, capacity):
    key, value = pairs(sum(steps))
    query, cache, outputs = key.flip(2), Cache(capacity), []
    for parts in zip(*(whole.split(steps, 2) for whole in (query, key, value)), strict=True):
        q, (k, v) = parts[0], cache.extend(*parts[1:])
        lower_right = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool).tril(k.shape[2] - q.shape[2])
        outputs.append(F.scaled_dot_product_attention(q, k, v, attn_mask=lower_right))
    whole = F.scaled_dot_product_attention(query, key, value, is_causal=True)
    torch.testing.assert_close(torch.cat(outputs, 2), whole, rtol=0, atol=1e-12)
    assert cache.length == sum(steps)


def test_many_steps_copy_few_pairs():
    cache, copied = Cache(1), 0
    for step in range(1000):
        capacity = cache.capacity
        cache.extend(torch.full((1, 1, 1, 1), float(step)), torch.zeros(1, 1, 1, 1))
        copied += step if cache.capacity != capacity else 0
    assert copied < 2 * 1000
    assert cache.capacity == 1024
    assert torch.equal(cache.pairs().key.flatten(), torch.arange(1000.0))


def test_earlier_views_outlive_growth():
    cache = Cache(2)
    early = cache.extend(*pairs(2))
    cache.extend(*pairs(7, seed=1))
    assert torch.equal(early.key, pairs(2)[0])
    assert torch.equal(early.value, pairs(2)[1])


@pytest.mark.parametrize("beams", [[2, 0, 0], [1], [0, 1, 2, 2, 1]])
def test_reordered_beams_go_on(beams):
    cache, indices = Cache(4), torch.tensor(beams)
    cache.extend(*pairs(3))
    cache.reorder(indices)
    new = [part[indices] * 2 for part in pairs(4, seed=1)]
    extended = cache.extend(new[0], new[1])
    for found, old, added in zip(extended, pairs(3), new, strict=True):
        assert torch.equal(found, torch.cat([old[indices], added], 2))


def test_truncated_pairs_are_forgotten():
    cache = Cache(2)
    cache.extend(*pairs(5))
    cache.truncate(2)
    again = cache.extend(*pairs(2, seed=1))
    assert torch.equal(again.key, torch.cat([pairs(5)[0][:, :, :2], pairs(2, seed=1)[0]], 2))
    cache.truncate(0)
    assert torch.equal(cache.extend(*pairs(1, seed=2)).value, pairs(1, seed=2)[1])


@pytest.mark.parametrize("length", [-1, 6])
def test_only_pairs_that_are_there_can_be_kept(length):
    cache = Cache()
    cache.extend(*pairs(5))
    with pytest.raises(HeadworkError, match="5 there"):
        cache.truncate(length)


def test_an_empty_cache():
    cache = Cache()
    cache.reorder(torch.tensor([0]))
    cache.truncate(0)
    with pytest.raises(HeadworkError, match="empty"):
        cache.pairs()
    with pytest.raises(HeadworkError, match="only their number may differ"):
        cache.extend(pairs(2)[0], pairs(3)[1])
    assert cache.extend(*pairs(1)).key.shape == (B, H, 1, D)


def test_pairs_of_other_texts_are_refused_and_change_nothing():
    cache = Cache()
    cache.extend(*pairs(2))
    key, value = pairs(1)
    for wrong in (
        (key[:1], value[:1]),
        (key[:, :1], value[:, :1]),
        (key, value[..., :1]),
        (key, value.repeat(1, 1, 2, 1)),
    ):
        with pytest.raises(HeadworkError, match="only their number may differ"):
            cache.extend(*wrong)
    assert cache.length == 2


def test_a_gradient_is_refused_rather_than_lost():
    key, value = pairs(1)
    key.requires_grad_()
    with pytest.raises(HeadworkError, match="no_grad"):
        Cache().extend(key, value)
    with torch.no_grad():
        assert not Cache().extend(key, value).key.requires_grad
