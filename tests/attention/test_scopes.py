"""Scopes against loops over all pairs, local attention against its formulas, and the algebra of `&` and `|`."""

import numpy as np
import pytest
import torch
from scipy.linalg import block_diag
from scipy.special import softmax
from scipy.stats import norm
from tests.attention.grid import HEADS, SCOPE_MAKERS, WIDTH
from torch import Tensor

from headwork.attention.attend import attend
from headwork.attention.mechanism import Mechanism, weights
from headwork.attention.parts import Part
from headwork.attention.positions import T5, XL, ALiBi, Rotary, Shaw
from headwork.attention.scopes import (
    Blocks,
    Causal,
    Dilated,
    Document,
    Fixed,
    Full,
    Given,
    Global,
    Hashed,
    LearnedSpan,
    Local1d,
    Local2d,
    LocalM,
    LocalP,
    LocalPStar,
    Prefix,
    Random,
    Routed,
    Strided,
    Window,
)
from headwork.attention.where import Where
from headwork.base.errors import HeadworkError

SHAPES = ((7, 7), (1, 1), (3, 8), (8, 3))
"""(queries, keys)"""


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def where_of(queries: int, keys: int, *, texts: int = 1, seed: int = 0) -> Where:
    query, key = normal(texts, HEADS, queries, WIDTH, seed=seed), normal(texts, HEADS, keys, WIDTH, seed=seed + 1)
    return Where.of(query, key, scale=WIDTH**-0.5)


def allowed(scope: Part, where: Where) -> np.ndarray:
    """(B, H, Q, K)"""
    found, shape = scope.allowed(where), (*where.query.shape[:3], where.key.shape[2])
    return np.ones(shape, dtype=bool) if found is None else found.expand(shape).numpy()


def pair_by_pair(queries: int, keys: int, rule) -> np.ndarray:
    """rule(i, j), where the last query stands at the last key."""
    return np.array(
        [[rule(step + keys - queries, j) for j in range(keys)] for step in range(queries)], dtype=bool
    ).reshape(queries, keys)


def maps(scope: Part, where: Where) -> Tensor:
    return weights(Mechanism(scope=scope), where)


def memory_1d(i: int, block: int, memory: int) -> set[int]:
    """Block after block is laid out until that of i is found."""
    first = next(first for first in range(-99 * block, 99 * block, block) if first <= i < first + block)
    return set(range(first - memory, first + block))


def memory_2d(i: int, row: int, height: int, width: int, above: int, beside: int) -> set[int]:
    """The same in a picture: the places of a rectangle, cut at the sides of the picture."""
    rows = range(min(i, 0) // row - height - above, 20)
    picture = {(y, x): y * row + x for y in rows for x in range(row)}
    (y, x) = next(at for at, place in picture.items() if place == i)
    top = next(top for top in range(-99 * height, 99 * height, height) if top <= y < top + height)
    left = next(left for left in range(0, row, width) if left <= x < left + width)
    lines, columns = range(top - above, top + height), range(left - beside, left + width + beside)
    return {place for (y, x), place in picture.items() if y in lines and x in columns}


PATTERNS = {
    "full": (Full(), lambda i, j: True),
    "causal": (Causal(), lambda i, j: j <= i),
    "window": (Window(2), lambda i, j: abs(i - j) <= 2),
    "window-uneven": (Window(1, 3), lambda i, j: i - 1 <= j <= i + 3),
    "window-one-place": (Window(0), lambda i, j: i == j),
    "window-causal": (Window(2) & Causal(), lambda i, j: i - 2 <= j <= i),
    "strided": (Strided(3), lambda i, j: abs(i - j) < 3 or (i - j) % 3 == 0),
    "fixed": (Fixed(3), lambda i, j: i // 3 == j // 3 or j % 3 == 2),
    "fixed-summary": (Fixed(4, summary=2), lambda i, j: i // 4 == j // 4 or j % 4 in (2, 3)),
    "dilated": (Dilated(2, 3), lambda i, j: i - j in (-6, -3, 0, 3, 6)),
    "global": (Global((0, 4)), lambda i, j: i in (0, 4) or j in (0, 4)),
    "prefix": (Prefix(4), lambda i, j: j <= i or j < 4),
    "blocks": (Blocks(3), lambda i, j: i // 3 == j // 3),
    "blocks-turned": (Blocks(3, (2, 0, 1)), lambda i, j: i >= 0 and j // 3 == (2, 0, 1)[i // 3]),
    "local-1d": (Local1d(3, 2), lambda i, j: j in memory_1d(i, 3, 2)),
    "local-2d": (Local2d(4, 2, 2, 1, 1), lambda i, j: j in memory_2d(i, 4, 2, 2, 1, 1)),
    "local-2d-whole": (Local2d(3, 1, 1, 9, 9), lambda i, j: j // 3 <= i // 3),
    "longformer": (Window(1) | Global((0,)), lambda i, j: abs(i - j) <= 1 or i == 0 or j == 0),
}


@pytest.mark.row("LC23")
@pytest.mark.parametrize("queries, keys", SHAPES)
@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_is_its_rule_pair_by_pair(name, queries, keys):
    scope, rule = PATTERNS[name]
    expected = pair_by_pair(queries, keys, rule)
    found = allowed(scope, where_of(queries, keys))
    np.testing.assert_array_equal(found, np.broadcast_to(expected, found.shape))


@pytest.mark.parametrize("queries, keys", SHAPES)
@pytest.mark.parametrize("name", [*SCOPE_MAKERS, *PATTERNS])
def test_a_band_holds_all_that_is_allowed_and_just_that_where_it_says_so(name, queries, keys):
    scope = PATTERNS[name][0] if name in PATTERNS else SCOPE_MAKERS[name]()
    for module in [scope] if isinstance(scope, torch.nn.Module) else []:
        module.double()
    back, ahead = scope.band()
    inside = pair_by_pair(
        queries, keys, lambda i, j: (back is None or i - j <= back) and (ahead is None or j - i <= ahead)
    )
    found = allowed(scope, where_of(queries, keys, texts=4))
    assert not (found & ~inside).any()
    if scope.exact_band:
        assert (found == inside).all()


def test_causal_stands_at_the_lower_right():
    """One query after five keys sees them all; two of four queries before the first key see none."""
    assert allowed(Causal(), where_of(1, 5)).all()
    np.testing.assert_array_equal(allowed(Causal(), where_of(4, 2))[0, 0], [[0, 0], [0, 0], [1, 0], [1, 1]])
    assert (maps(Causal(), where_of(4, 2))[..., :2, :] == 0).all()


@pytest.mark.parametrize("kernel", ["auto", "fused", "dense"])
@pytest.mark.parametrize("queries, keys", SHAPES)
def test_causal_attention_by_every_kernel_is_that_of_a_lower_right_mask(queries, keys, kernel):
    where, value = where_of(queries, keys), normal(1, HEADS, keys, 2, seed=2)
    scores = (where.query @ where.key.mT).numpy() / np.sqrt(WIDTH)
    scores[..., ~pair_by_pair(queries, keys, lambda i, j: j <= i)] = -np.inf
    shares = np.exp(scores - np.maximum(scores.max(-1, keepdims=True), -1e9))
    expected = shares / np.maximum(shares.sum(-1, keepdims=True), 1e-300) @ value.numpy()
    found = attend(where.query, where.key, value, scope=Causal(), kernel=kernel)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("scope", [Strided(3), Fixed(3)], ids=repr)
def test_two_hops_of_a_factorised_pattern_reach_all_that_is_before(scope):
    once = allowed(scope & Causal(), where_of(9, 9))[0, 0].astype(int)
    assert ((once @ once > 0) == np.tril(np.ones((9, 9), dtype=bool))).all()
    assert once.sum() < np.tril(once + 1 > 0).sum()


def test_a_prefix_of_each_text():
    found = allowed(Prefix((3, 0)), where_of(5, 5, texts=2))
    for text, length in enumerate((3, 0)):
        np.testing.assert_array_equal(
            found[text, 0], pair_by_pair(5, 5, lambda i, j, length=length: j <= i or j < length)
        )


def test_documents_of_a_row_do_not_see_each_other():
    of_key, of_query = torch.tensor([[0, 0, 1, 1, 2], [5, 5, 5, 5, 5]]), torch.tensor([[0, 1, 2], [5, 4, 5]])
    own, across = (
        allowed(Document(of_key), where_of(5, 5, texts=2)),
        allowed(Document(of_key, of_query), where_of(3, 5, texts=2)),
    )
    for text, i, j in np.ndindex(2, 5, 5):
        assert own[text, 0, i, j] == (of_key[text, i] == of_key[text, j])
        if i < 3:
            assert across[text, 0, i, j] == (of_query[text, i] == of_key[text, j])


@pytest.mark.row("LC21")
def test_blocks_under_the_identity_are_block_diagonal():
    expected = block_diag(*[np.ones((3, 3), dtype=bool)] * 3)
    for scope in (Blocks(3), Blocks(3, (0, 1, 2))):
        np.testing.assert_array_equal(allowed(scope, where_of(9, 9))[0, 0], expected)


@pytest.mark.row("LC24")
def test_random_blocks_are_whole_blocks_a_share_of_them_and_the_same_for_every_length():
    found = allowed(Random(4, 0.3), where_of(400, 400))[0, 0]
    blocks = found[::4, ::4]
    np.testing.assert_array_equal(found, np.kron(blocks, np.ones((4, 4), dtype=bool)))
    assert abs(blocks.mean() - 0.3) < 5 * np.sqrt(0.3 * 0.7 / blocks.size)
    np.testing.assert_array_equal(allowed(Random(4, 0.3), where_of(90, 90))[0, 0], found[:90, :90])
    other = allowed(Random(4, 0.3, seed=1), where_of(400, 400))[0, 0, ::4, ::4]
    assert abs((blocks & other).mean() - 0.09) < 5 * np.sqrt(0.09 * 0.91 / blocks.size)


@pytest.mark.row("LC24")
def test_bigbird_is_its_window_its_global_places_and_its_random_blocks():
    drawn = allowed(Random(2, 0.3), where_of(12, 12))[0, 0]
    scope = Window(1) | Global((0, 11)) | Random(2, 0.3)
    expected = pair_by_pair(12, 12, lambda i, j: abs(i - j) <= 1 or {i, j} & {0, 11} or drawn[i, j])
    np.testing.assert_array_equal(allowed(scope, where_of(12, 12))[0, 0], expected)
    assert not expected.all()


@pytest.mark.row("LC22")
def test_etc_has_global_tokens_before_a_text_that_sees_its_neighbours():
    """global to global, global to long and long to global are full; long to long is a window."""
    marks, scope = 3, Global((0, 1, 2)) | Window(2)
    found = allowed(scope, where_of(10, 10))[0, 0]
    assert found[:marks].all() and found[:, :marks].all()
    long = pair_by_pair(7, 7, lambda i, j: abs(i - j) <= 2)
    np.testing.assert_array_equal(found[marks:, marks:], long)


@pytest.mark.row("AT12")
@pytest.mark.row("LC23")
@pytest.mark.parametrize("kernel", ["dense", "fused", "windows"])
def test_a_window_as_long_as_the_text_is_full_attention(kernel):
    query, key, value = (normal(2, HEADS, 7, WIDTH, seed=seed) for seed in range(3))
    full = attend(query, key, value, scope=Full(), kernel="dense")
    for scope in (Window(6), Window(40), Window(6) | Global((0,)), LocalM(6)):
        if kernel == "windows" and None in scope.band():
            continue
        torch.testing.assert_close(attend(query, key, value, scope=scope, kernel=kernel), full)
    assert not torch.allclose(attend(query, key, value, scope=Window(5), kernel=kernel), full)


@pytest.mark.row("AT13")
@pytest.mark.parametrize("queries, keys", [(9, 9), (9, 14), (6, 3)])
def test_local_m_weighs_the_window_around_the_step_alone(queries, keys):
    half, found = 2, maps(LocalM(2), where_of(queries, keys)).numpy()
    near = np.abs(np.arange(keys) - np.arange(queries)[:, None]) <= half
    np.testing.assert_array_equal(found > 0, np.broadcast_to(near, found.shape))
    counts = (found > 0).sum(-1)
    assert counts.max() <= 2 * half + 1
    assert (counts[..., half : keys - half] == 2 * half + 1).all()


@pytest.mark.row("AT14")
@pytest.mark.parametrize("queries, keys", [(4, 9), (9, 4)])
def test_local_p_is_a_softmax_within_reach_times_a_gaussian(queries, keys):
    where, half = where_of(queries, keys), 3
    scope = LocalP(HEADS, WIDTH, half=half).double()
    weight, out = scope.weight.detach().numpy(), scope.out.detach().numpy()
    query, key = where.query.numpy(), where.key.numpy()
    expected = np.zeros((1, HEADS, queries, keys))
    for _, h, t in np.ndindex(1, HEADS, queries):
        centre = (keys - 1) / (1 + np.exp(-out[h] @ np.tanh(query[0, h, t] @ weight[h])))
        near = np.abs(np.arange(keys) - centre) <= half
        bell = norm.pdf(np.arange(keys), centre, half / 2) / norm.pdf(centre, centre, half / 2)
        scores = np.where(near, key[0, h] @ query[0, h, t] / np.sqrt(WIDTH), -np.inf)
        expected[0, h, t] = softmax(scores) * bell
    np.testing.assert_allclose(maps(scope, where).detach().numpy(), expected, atol=1e-12)


@pytest.mark.row("AT14")
def test_local_p_learns_where_to_look():
    scope, where, value = LocalP(HEADS, WIDTH, half=3).double(), where_of(4, 9), normal(1, HEADS, 9, 2)
    output = attend(where.query, where.key, value, scope=scope)
    for gradient in torch.autograd.grad(output.square().sum(), list(scope.parameters())):
        assert gradient.abs().sum() > 1e-6


@pytest.mark.row("AT15")
@pytest.mark.parametrize("count, keys", [(1, 6), (3, 6), (6, 6), (3, 2)])
def test_local_p_star_weighs_as_many_keys_as_it_was_told_the_same_for_every_query(count, keys):
    scope, where = LocalPStar(HEADS, WIDTH, count=count).double(), where_of(4, keys)
    found = maps(scope, where)
    assert ((found != 0).sum(-1) == min(count, keys)).all()
    relevance = torch.einsum("bhkd,hde,he->bhk", where.key, scope.weight, scope.out) * 0
    for h, j in np.ndindex(HEADS, keys):
        hidden = torch.tanh(where.key[0, h, j] @ scope.weight[h]) @ scope.out[h]
        relevance[0, h, j] = hidden.sigmoid()
    chosen = relevance >= relevance.sort(descending=True).values[..., min(count, keys) - 1, None]
    assert ((found != 0) == chosen.unsqueeze(-2)).all()
    scores = (where.query @ where.key.mT * where.scale).masked_fill(~chosen.unsqueeze(-2), -torch.inf)
    torch.testing.assert_close(found, scores.softmax(-1) * relevance.unsqueeze(-2))
    assert all(x.abs().sum() > 0 for x in torch.autograd.grad(found.sum(), list(scope.parameters())))


def test_and_is_both_and_or_is_either():
    where = where_of(6, 8)
    scopes = [Causal(), Window(2), Strided(3), Global((2,))]
    for one in scopes:
        for other in scopes:
            first, second = allowed(one, where), allowed(other, where)
            np.testing.assert_array_equal(allowed(one & other, where), first & second)
            np.testing.assert_array_equal(allowed(one | other, where), first | second)
    np.testing.assert_array_equal(allowed(Full() & Window(1), where), allowed(Window(1), where))
    assert allowed(Full() | Window(1), where).all()
    a, b, c = Window(1), Global((3,)), Causal()
    np.testing.assert_array_equal(allowed((a | b) & c, where), allowed((a & c) | (b & c), where))


def test_and_adds_biases_and_multiplies_factors():
    where = where_of(5, 5)
    local, span = LocalP(HEADS, WIDTH, half=3).double(), LearnedSpan(HEADS, longest=4, ramp=2, start=0.5).double()
    joined = local & span & ALiBi()
    torch.testing.assert_close(joined.bias(where), span.bias(where) + ALiBi().bias(where))
    torch.testing.assert_close((local & local).factor(where), local.factor(where).square())


@pytest.mark.parametrize(
    "part",
    [
        LocalP(2, 4, half=1),
        LocalPStar(2, 4, count=1),
        LearnedSpan(2, longest=2),
        ALiBi(),
        Rotary(),
        Shaw(4, clip=1),
        T5(2),
        XL(2, 4),
        Given(added=torch.zeros(1, 1)),
        Causal() & ALiBi(),
    ],
    ids=lambda part: type(part).__name__,
)
def test_what_weighs_is_refused_under_or(part):
    for join in (lambda: part | Causal(), lambda: Causal() | part):
        with pytest.raises(HeadworkError, match=r"weighs what it allows; join it with & instead of \|"):
            join()


def span_of(*, start: float) -> LearnedSpan:
    span = LearnedSpan(HEADS, longest=10, ramp=4, start=start).double()
    span.share.data = torch.tensor([start, start + 0.05], dtype=torch.float64)[:, None, None]
    return span


def test_a_learned_span_is_the_ramp_over_softmax_normalised_again():
    where, span = where_of(9, 12), span_of(start=0.3)
    scores = np.exp((where.query @ where.key.mT).numpy() * where.scale)
    for h, share in enumerate((0.3, 0.35)):
        apart = np.abs(np.arange(9)[:, None] + 3 - np.arange(12))
        ramp = np.clip((4 + share * 10 - apart) / 4, 0, 1)
        expected = scores[0, h] / scores[0, h].sum(-1, keepdims=True) * ramp
        expected /= expected.sum(-1, keepdims=True)
        np.testing.assert_allclose(maps(span, where)[0, h].detach().numpy(), expected, atol=1e-12)


def test_a_learned_span_learns_and_at_its_longest_is_full_attention():
    where = where_of(9, 9)
    span = span_of(start=0.3)
    (gradient,) = torch.autograd.grad(maps(span, where).square().sum(), [span.share])
    assert (gradient.abs() > 1e-6).all()
    torch.testing.assert_close(maps(span_of(start=1.0), where), maps(Full(), where))


@pytest.mark.parametrize("start", [-0.2, 0.0, 1.2])
def test_a_span_that_left_its_range_counts_as_its_end_and_can_come_back(start):
    span, where = span_of(start=start), where_of(9, 9)
    assert torch.equal(span.spans.flatten(), torch.tensor([start, start + 0.05], dtype=torch.float64).clamp(0, 1) * 10)
    assert (torch.autograd.grad(span.spans.sum(), [span.share])[0] == 10).all()
    if start <= 0:
        assert (torch.autograd.grad(maps(span, where).square().sum(), [span.share])[0] != 0).all()


def test_hashes_put_equal_directions_together_and_opposite_ones_apart():
    hashed, x = Hashed(HEADS, WIDTH, buckets=8, rounds=3), normal(2, HEADS, 50, WIDTH)
    found = hashed.buckets(x)
    assert torch.equal(found, hashed.buckets(3 * x))
    assert torch.equal((found + 4) % 8, hashed.buckets(-x))
    assert found.unique().tolist() == list(range(8))
    assert allowed(hashed, Where.of(x, 2 * x)).diagonal(axis1=-2, axis2=-1).all()


def test_hashed_pairs_share_a_bucket_in_some_round():
    hashed, where = Hashed(HEADS, WIDTH, buckets=4, rounds=2), where_of(5, 6)
    of_query, of_key = hashed.buckets(where.query), hashed.buckets(where.key)
    found = allowed(hashed, where)
    for h, i, j in np.ndindex(HEADS, 5, 6):
        assert found[0, h, i, j] == any(of_query[0, h, r, i] == of_key[0, h, r, j] for r in range(2))


def test_more_rounds_of_hashing_come_closer_to_full_attention():
    x, value = normal(1, HEADS, 30, WIDTH), normal(1, HEADS, 30, 2, seed=1)
    full = attend(x, x, value)
    errors = [
        float((attend(x, x, value, scope=Hashed(HEADS, WIDTH, buckets=4, rounds=n)) - full).abs().mean())
        for n in (1, 16, 512)
    ]
    assert errors[0] > 3 * errors[1] > 300 * errors[2]


def test_routed_pairs_have_the_same_nearest_centre():
    routed, where = Routed(HEADS, WIDTH, clusters=3), where_of(5, 6)
    centres, found = routed.centres.double().numpy(), allowed(routed, where)

    def nearest(h: int, x: Tensor) -> int:
        return int(np.argmin([np.linalg.norm(x.numpy() / np.linalg.norm(x.numpy()) - c) for c in centres[h]]))

    for h, i, j in np.ndindex(HEADS, 5, 6):
        assert found[0, h, i, j] == (nearest(h, where.query[0, h, i]) == nearest(h, where.key[0, h, j]))
    assert allowed(Routed(HEADS, WIDTH, clusters=1), where).all()


def test_routing_moves_its_centres_towards_the_means_of_what_is_near():
    x = normal(2, HEADS, 40, WIDTH)
    routed = Routed(HEADS, WIDTH, clusters=4, decay=0.9).double()
    with torch.no_grad():
        routed.centres[:, 3] = torch.tensor([1.0, 0, 0, 0])
        x[..., 0] = -x[..., 0].abs() - 9  # nothing is near the last centre
    before, chosen = routed.centres.clone(), routed.buckets(x)[:, :, 0]
    routed.update(x)
    directions = x / x.norm(dim=-1, keepdim=True)
    for h, c in np.ndindex(HEADS, 4):
        near = directions[:, h][chosen[:, h] == c]
        if not len(near):
            assert torch.equal(routed.centres[h, c], before[h, c])
            continue
        moved = 0.9 * before[h, c] + 0.1 * near.mean(0)
        torch.testing.assert_close(routed.centres[h, c], moved / moved.norm())
    assert (chosen != 3).all()
