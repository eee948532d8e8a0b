"""Positions against naive tensors and loops, against transformers, and what each promises of a shift."""

import math

import numpy as np
import pytest
import torch
from scipy.linalg import block_diag, toeplitz
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from headwork.attention.attend import attend
from headwork.attention.mechanism import Mechanism, dense, weights
from headwork.attention.parts import Part
from headwork.attention.positions import T5, XL, Absolute, ALiBi, Rotary, Shaw, ShawValues, sinusoids
from headwork.attention.positions.alibi import slopes_of
from headwork.attention.positions.t5 import bucket_of
from headwork.attention.where import Where
from headwork.base.errors import HeadworkError

B, H, D, E = 2, 3, 4, 5
SHAPES = ((6, 6), (3, 7), (7, 3))


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def where_of(queries: int, keys: int, *, heads: int = H) -> Where:
    query, key = normal(B, heads, queries, D), normal(B, heads, keys, D, seed=1)
    return Where.of(query, key, scale=D**-0.5)


def ahead(queries: int, keys: int) -> np.ndarray:
    """(Q, K) j - i, where the last query stands at the last key."""
    return np.arange(keys) - (np.arange(queries)[:, None] + keys - queries)


@pytest.mark.row("TR03")
def test_sinusoids_are_the_formula():
    found = sinusoids(torch.tensor([0, 3, 250]), 6)
    for row, p in enumerate((0, 3, 250)):
        for i in range(3):
            angle = p / 10000 ** (2 * i / 6)
            assert found[row, 2 * i : 2 * i + 2].tolist() == pytest.approx([math.sin(angle), math.cos(angle)])


@pytest.mark.row("TR03")
@pytest.mark.parametrize("k", [-7, 1, 40])
def test_the_sinusoids_k_places_on_are_a_fixed_linear_map_of_those_here(k):
    rates = 10000 ** (-np.arange(0, 8, 2) / 8)
    turn = block_diag(*[[[np.cos(k * w), np.sin(k * w)], [-np.sin(k * w), np.cos(k * w)]] for w in rates])
    places = torch.arange(300)
    np.testing.assert_allclose(sinusoids(places + k, 8).numpy(), sinusoids(places, 8).numpy() @ turn.T, atol=1e-12)


@pytest.mark.row("TR04")
@pytest.mark.parametrize("learned", [True, False])
def test_absolute_positions_tell_places_apart_and_without_them_none_are(learned):
    torch.manual_seed(0)
    x, order, position = normal(B, 6, D), torch.tensor([3, 0, 5, 1, 4, 2]), Absolute(D, longest=8, learned=learned)

    def attended(x: Tensor) -> Tensor:
        return attend(x[:, None], x[:, None], x[:, None])[:, 0]

    torch.testing.assert_close(attended(x[:, order]), attended(x)[:, order])
    with_places = attended(position(x[:, order])) - attended(position(x))[:, order]
    assert with_places.abs().max() > 1e-3


@pytest.mark.row("TR04")
def test_absolute_positions_count_on_and_only_learned_ones_are_kept():
    learned, fixed = Absolute(D, longest=5, learned=True), Absolute(D, longest=5)
    torch.testing.assert_close(learned(normal(B, 3, D), first=2), normal(B, 3, D) + learned.table[2:5].double())
    assert learned.table.requires_grad and list(learned.state_dict()) == ["table"] and not fixed.state_dict()
    torch.testing.assert_close(fixed.table, sinusoids(torch.arange(5), D).float())
    for x, first in ((normal(B, 6, D), 0), (normal(B, 3, D), 4)):
        with pytest.raises(HeadworkError, match=r"^positions: [67] places, but the table has 5; raise longest$"):
            learned(x, first=first)


@pytest.mark.row("TR05")
@pytest.mark.parametrize("queries, keys", SHAPES)
def test_shaw_is_the_naive_tensor_of_every_pair(queries, keys):
    where, value, clip = where_of(queries, keys), normal(B, H, keys, E, seed=2), 2
    position, mix = Shaw(D, clip=clip).double(), ShawValues(E, clip=clip).double()
    rows = torch.from_numpy(ahead(queries, keys).clip(-clip, clip) + clip)
    of_keys, of_values = position.keys[rows], mix.values[rows]
    scores = torch.einsum("bhid,bhijd->bhij", where.query, where.key.unsqueeze(2) + of_keys) / math.sqrt(D)
    expected = torch.einsum("bhij,bhije->bhie", scores.softmax(-1), value.unsqueeze(2) + of_values)
    found = dense(Mechanism(position=(position,), mix=mix), value, where)
    torch.testing.assert_close(found.weights, scores.softmax(-1))
    torch.testing.assert_close(found.output, expected)


class Largest(TorchDispatchMode):
    """The numbers of the largest tensor that anything gave."""

    numbers = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        given = func(*args, **(kwargs or {}))
        for x in tree_flatten(given)[0]:
            if isinstance(x, Tensor):
                self.numbers = max(self.numbers, x.numel())
        return given


@pytest.mark.row("TR05")
@pytest.mark.parametrize("name", ["shaw", "xl"])
def test_no_vector_of_every_pair_is_ever_held(name):
    places, width = 48, 16
    query, key, value = (normal(1, 1, places, width, seed=seed).requires_grad_() for seed in range(3))
    position, mix = (Shaw(width, clip=4), ShawValues(width, clip=4)) if name == "shaw" else (XL(1, width), None)
    given = {} if mix is None else {"mix": mix.double()}
    with Largest() as largest:
        attend(query, key, value, position=(position.double(),), **given).sum().backward()
    assert places**2 <= largest.numbers <= 2 * places**2 < places**2 * width


@pytest.mark.row("TR05")
@pytest.mark.row("LC13")
@pytest.mark.parametrize("position", [Shaw(D, clip=2), XL(H, D), T5(H, buckets=8, furthest=8), ALiBi(), Rotary()])
def test_only_the_distance_counts(position: Part):
    if isinstance(position, torch.nn.Module):
        position.double()
    mechanism, where = Mechanism(position=(position,)), where_of(4, 7)
    moved = Where(where.query, where.key, i=where.i + 11, j=where.j + 11, scale=where.scale)
    torch.testing.assert_close(weights(mechanism, moved), weights(mechanism, where))
    apart = Where(where.query, where.key, i=where.i + 1, scale=where.scale)
    assert not torch.allclose(weights(mechanism, apart), weights(mechanism, where), atol=1e-4)


@pytest.mark.row("LC13")
def test_the_rotary_product_of_two_vectors_depends_on_their_offset_alone():
    query, key = normal(1, 1, 1, D).expand(1, 1, 9, D), normal(1, 1, 1, D, seed=1).expand(1, 1, 9, D)
    left, right = Rotary(base=20.0).turn(query, key, Where.of(query, key))
    scores = (left @ right.mT)[0, 0].numpy()
    np.testing.assert_allclose(scores, toeplitz(scores[:, 0], scores[0]), atol=1e-12)
    assert scores[0, 0] == pytest.approx(float(query[0, 0, 0] @ key[0, 0, 0]))
    assert np.ptp(scores[0]) > 0.1 and np.ptp(scores[:, 0] - scores[0]) > 0.1


@pytest.mark.row("LC13")
@pytest.mark.parametrize("queries, keys", SHAPES)
def test_rotary_is_a_product_of_complex_numbers(queries, keys):
    where = where_of(queries, keys)
    left, right = Rotary().turn(where.query, where.key, where)
    query, key = (x.numpy()[..., 0::2] + 1j * x.numpy()[..., 1::2] for x in (where.query, where.key))
    turned = np.exp(-1j * ahead(queries, keys)[..., None] * 10000 ** (-np.arange(0, D, 2) / D))
    expected = np.einsum("bhip,bhjp,ijp->bhij", query, key.conj(), turned).real
    np.testing.assert_allclose((left @ right.mT).numpy(), expected, atol=1e-12)


def published_slopes(heads: int) -> list[float]:
    """As the authors of ALiBi compute them."""
    power = 2 ** math.floor(math.log2(heads))
    start = 2 ** (-(2 ** -(math.log2(power) - 3)))
    slopes = [start * start**i for i in range(power)]
    return slopes if power == heads else slopes + published_slopes(2 * power)[0::2][: heads - power]


@pytest.mark.row("LC14")
@pytest.mark.parametrize("heads", [1, 2, 3, 6, 8, 12, 16, 20])
def test_alibi_slopes_are_the_published_ones(heads):
    assert slopes_of(8) == [2**-h for h in range(1, 9)]
    assert slopes_of(heads) == pytest.approx(published_slopes(heads), rel=1e-12)


@pytest.mark.row("LC14")
@pytest.mark.parametrize("queries, keys", SHAPES)
def test_alibi_takes_its_slope_away_for_each_place_between(queries, keys):
    expected = -np.array(slopes_of(H))[:, None, None] * np.abs(ahead(queries, keys))
    np.testing.assert_allclose(ALiBi().bias(where_of(queries, keys)).numpy(), expected)


@pytest.mark.row("LC14")
@pytest.mark.parametrize("both_ways", [True, False])
@pytest.mark.parametrize("buckets, furthest", [(32, 128), (8, 8), (16, 100), (64, 512)])
def test_t5_buckets_are_those_of_transformers(transformers, both_ways, buckets, furthest):
    from transformers.models.t5.modeling_t5 import T5Attention

    apart = torch.arange(-1500, 1501)
    expected = T5Attention._relative_position_bucket(apart, both_ways, buckets, furthest)
    assert torch.equal(bucket_of(apart, buckets, furthest, both_ways=both_ways), expected)


@pytest.mark.row("LC14")
@pytest.mark.parametrize("queries, keys", SHAPES)
def test_t5_adds_the_number_of_its_head_and_bucket(queries, keys):
    position, where = T5(H, buckets=8, furthest=6).double(), where_of(queries, keys)
    buckets = bucket_of(torch.from_numpy(ahead(queries, keys)), 8, 6, both_ways=True)
    expected = weights(Mechanism(), where).log()
    for h, i, j in np.ndindex(H, queries, keys):
        expected[:, h, i, j] += position.table[buckets[i, j], h]
    torch.testing.assert_close(weights(Mechanism(position=(position,)), where), expected.softmax(-1))


def xl_of(model_dim: int) -> XL:
    position = XL(H, D, model_dim=model_dim).double()
    for seed, parameter in enumerate(position.parameters()):
        parameter.data = normal(*parameter.shape, seed=seed + 5)
    return position


@pytest.mark.parametrize("queries, keys", SHAPES)
def test_xl_is_its_formula_pair_by_pair(queries, keys):
    where, position = where_of(queries, keys), xl_of(6)
    u, v, w_r = (x.detach().numpy() for x in (position.content, position.place, position.weight))
    scores = np.empty((B, H, queries, keys))
    for b, h, i, j in np.ndindex(scores.shape):
        q, k = where.query[b, h, i].numpy(), where.key[b, h, j].numpy()
        angles = -ahead(queries, keys)[i, j] * 10000 ** (-np.arange(0, 6, 2) / 6)
        r = np.concatenate([np.sin(angles), np.cos(angles)]) @ w_r[h]
        scores[b, h, i, j] = ((q + u[h, 0]) @ k + (q + v[h, 0]) @ r) / math.sqrt(D)
    found = weights(Mechanism(position=(position,)), where)
    torch.testing.assert_close(found, torch.from_numpy(scores).softmax(-1))


@pytest.mark.parametrize("memory", [0, 4])
def test_xl_is_the_relative_attention_of_xlnet(transformers, memory):
    """With its weights, both ways, and with a memory before the text."""
    from transformers.models.xlnet.modeling_xlnet import XLNetModel, XLNetRelativeAttention

    config = transformers.XLNetConfig(vocab_size=3, d_model=H * D, n_head=H, n_layer=1, d_inner=4, dropout=0.0)
    theirs, queries, keys = XLNetRelativeAttention(config).double().eval(), 6, 6 + memory
    for seed, parameter in enumerate(theirs.parameters()):
        parameter.data = normal(*parameter.shape, seed=seed)
    places = XLNetModel(config).relative_positional_encoding(queries, keys, bsz=B).double()
    hidden = normal(keys, B, H * D, seed=30)
    query, key, value, place = (
        torch.einsum("ibh,hnd->ibnd", x, w)
        for x, w in zip(
            (hidden[memory:], hidden, hidden, places), (theirs.q, theirs.k, theirs.v, theirs.r), strict=True
        )
    )
    output, maps = theirs.rel_attn_core(query, key, value, place, output_attentions=True)
    position = XL(H, D).double()
    position.content.data, position.place.data = theirs.r_w_bias[:, None], theirs.r_r_bias[:, None]
    position.weight.data = theirs.r.transpose(0, 1)
    query, key, value = (x.permute(1, 2, 0, 3) for x in (query, key, value))
    found = dense(Mechanism(position=(position,)), value, Where.of(query, key, scale=D**-0.5))
    torch.testing.assert_close(found.weights, maps.permute(2, 3, 0, 1), rtol=0, atol=1e-5)
    torch.testing.assert_close(found.output, output.permute(1, 2, 0, 3), rtol=0, atol=1e-4)
