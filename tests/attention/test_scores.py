"""Scores against their formulas, pair by pair, and against torch and the formulas of keras-self-attention."""

import numpy as np
import pytest
import torch
from scipy.special import softmax
from torch import Tensor
from torch.nn import functional as F

from headwork.attention.attend import attend
from headwork.attention.diversity import hop_overlap
from headwork.attention.mechanism import Mechanism, weights
from headwork.attention.parts import Part
from headwork.attention.scopes import Causal, Full, Window
from headwork.attention.scores import L2, Additive, Concat, Cosine, Dot, General, Location, ScaledDot, Score
from headwork.attention.where import Where
from headwork.base.errors import HeadworkError

B, H, Q, K, D, E = 2, 3, 4, 5, 6, 7


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


QUERY, KEY, WIDE_KEY = normal(B, H, Q, D), normal(B, H, K, D, seed=1), normal(B, H, K, E, seed=2)


def scored(score: Score, query: Tensor = QUERY, key: Tensor = KEY) -> Tensor:
    return score.dense(query, key, Where.of(query, key))


def pair_by_pair(formula, key: Tensor = KEY) -> Tensor:
    """formula(head, q, k) of every pair."""
    scores = np.empty((B, H, Q, K))
    for b, h, i, j in np.ndindex(scores.shape):
        scores[b, h, i, j] = formula(h, QUERY[b, h, i].numpy(), key[b, h, j].numpy())
    return torch.from_numpy(scores)


def numbers(parameter: Tensor) -> np.ndarray:
    return parameter.detach().numpy()


@pytest.mark.row("AT06")
def test_dot_is_one_product_and_its_gradients_are_right():
    assert torch.equal(scored(Dot()), torch.matmul(QUERY, KEY.mT))
    value = normal(B, H, K, 2, seed=3)
    leaves = [x[:1, :1].clone().requires_grad_() for x in (QUERY, KEY, value)]
    assert torch.autograd.gradcheck(lambda q, k, v: attend(q, k, v, score=Dot()), leaves)


@pytest.mark.row("AT07")
def test_general_is_dot_where_its_matrix_is_the_identity_and_bilinear_elsewhere():
    assert torch.equal(scored(General(H, D).double()), scored(Dot()))
    score = General(H, D, key_dim=E).double()
    torch.nn.init.normal_(score.weight)
    weight = numbers(score.weight)
    expected = pair_by_pair(lambda h, q, k: q @ weight[h] @ k, WIDE_KEY)
    torch.testing.assert_close(scored(score, key=WIDE_KEY), expected)


@pytest.mark.row("AT08")
def test_additive_is_its_formula():
    score = Additive(H, D, key_dim=E, hidden=4).double()
    w, u, v = map(numbers, (score.query_weight, score.key_weight, score.out))
    expected = pair_by_pair(lambda h, q, k: v[h] @ np.tanh(q @ w[h] + k @ u[h]), WIDE_KEY)
    torch.testing.assert_close(scored(score, key=WIDE_KEY), expected)


@pytest.mark.row("AT08")
def test_concat_is_its_formula():
    score = Concat(H, D, key_dim=E, hidden=4).double()
    w, v = map(numbers, (score.weight, score.out))
    expected = pair_by_pair(lambda h, q, k: v[h] @ np.tanh(np.concatenate([q, k]) @ w[h]), WIDE_KEY)
    torch.testing.assert_close(scored(score, key=WIDE_KEY), expected)


@pytest.mark.row("AT09")
def test_location_looks_at_the_query_alone():
    score = Location(H, D, most_keys=K + 3).double()
    expected = (QUERY @ score.weight)[..., :K]
    torch.testing.assert_close(scored(score), expected)
    assert torch.equal(scored(score, key=KEY * 100 - 7), scored(score))
    assert not torch.equal(scored(score, query=QUERY * 2), scored(score))


@pytest.mark.row("AT09")
def test_location_refuses_more_keys_than_it_was_made_for():
    with pytest.raises(
        HeadworkError, match=r"^location score: 5 keys, but it was made for at most 4; raise most_keys$"
    ):
        attend(QUERY, KEY, KEY, score=Location(H, D, most_keys=4).double())


@pytest.mark.row("AT10")
@pytest.mark.parametrize("kernel", ["dense", "fused"])
def test_scaled_dot_is_torchs(kernel):
    query, key, value = (x.float() for x in (QUERY, KEY, normal(B, H, K, D, seed=3)))
    expected = F.scaled_dot_product_attention(query, key, value)
    torch.testing.assert_close(attend(query, key, value, kernel=kernel), expected, rtol=0, atol=1e-6)


@pytest.mark.row("AT11")
def test_cosine_does_not_see_lengths_and_is_numpys():
    score = Cosine(3.0)
    torch.testing.assert_close(scored(score, QUERY * 5, KEY * 0.01), scored(score))
    expected = pair_by_pair(lambda h, q, k: 3 * q @ k / np.linalg.norm(q) / np.linalg.norm(k))
    torch.testing.assert_close(scored(score), expected)
    assert torch.equal(scored(score, key=KEY * 0), torch.zeros(B, H, Q, K, dtype=torch.float64))


def test_l2_is_the_distance_of_cdist():
    torch.testing.assert_close(scored(L2(0.7)), -0.7 * torch.cdist(QUERY, KEY).square())
    torch.testing.assert_close(scored(L2()), scored(L2(D**-0.5)))


@pytest.mark.parametrize("score", [Dot(), ScaledDot(), Cosine(2.0), L2(), General(H, D).double()], ids=repr)
def test_a_score_that_is_a_product_says_which(score):
    left, right = score.product(QUERY, KEY)
    torch.testing.assert_close(torch.einsum("bhqd,bhkd->bhqk", left, right), scored(score))


@pytest.mark.parametrize("score", [Dot(), ScaledDot(), Cosine(), L2()], ids=repr)
def test_queries_and_keys_of_two_widths_are_refused(score):
    with pytest.raises(HeadworkError, match=r"^attend: this score compares .* one width; found .*\(2, 3, 5, 7\).*$"):
        attend(QUERY, WIDE_KEY, WIDE_KEY, score=score)


TEXT = normal(2, 8, D, seed=5)
"""(texts, places, width)"""


def keras_places(width: int, history_only: bool) -> np.ndarray:
    """Which places the layer allows, (8, 8)."""
    places = np.arange(8)
    lower = (places - (width - 1 if history_only else width // 2))[:, None]
    return (lower <= places) & (places < lower + width)


def window_of(width: int, history_only: bool) -> Window:
    return Window(width - 1, 0) if history_only else Window(width // 2, width - 1 - width // 2)


def maps(scope: Part, score: Score, query: Tensor) -> Tensor:
    return weights(Mechanism(score, scope=scope), Where.of(query[:, None], TEXT[:, None]))[:, 0]


@pytest.mark.row("AT32")
@pytest.mark.parametrize("history_only", [False, True])
@pytest.mark.parametrize("width", [1, 2, 3, 4, 15])
def test_keras_additive_attention_of_a_width(width, history_only):
    """e = W_a tanh(x_t W_t + x_s W_x + b_h) + b_a: a column of ones carries b_h, and softmax does not see b_a."""
    w_t, w_x, w_a = normal(D, 4, seed=6).numpy(), normal(D, 4, seed=7).numpy(), normal(4, seed=8).numpy()
    b_h, b_a, x = normal(4, seed=9).numpy(), 0.8, TEXT.numpy()
    hidden = np.tanh((x @ w_t)[:, :, None] + (x @ w_x)[:, None] + b_h)
    emission = hidden @ w_a + b_a
    expected = softmax(emission - 10000.0 * ~keras_places(width, history_only), axis=-1)
    score = Additive(1, D + 1, key_dim=D, hidden=4).double()
    with torch.no_grad():
        score.query_weight.copy_(torch.from_numpy(np.vstack([w_t, b_h]))[None])
        score.key_weight.copy_(torch.from_numpy(w_x)[None])
        score.out.copy_(torch.from_numpy(w_a)[None])
    found = maps(window_of(width, history_only), score, F.pad(TEXT, (0, 1), value=1.0))
    np.testing.assert_allclose(found.detach().numpy(), expected, atol=1e-12)


@pytest.mark.row("AT32")
@pytest.mark.parametrize("history_only", [False, True])
def test_keras_multiplicative_attention(history_only):
    """e = x_t W_a x_s + b_a"""
    w_a, x = normal(D, D, seed=6).numpy(), TEXT.numpy()
    score = General(1, D).double()
    score.weight.data = torch.from_numpy(w_a)[None]
    emission = x @ w_a @ x.transpose(0, 2, 1) + 0.8
    expected = softmax(emission - 10000.0 * ~keras_places(3, history_only), axis=-1)
    found = maps(window_of(3, history_only), score, TEXT)
    np.testing.assert_allclose(found.detach().numpy(), expected, atol=1e-12)


@pytest.mark.row("AT32")
def test_keras_history_without_a_width_is_causal():
    assert torch.equal(maps(Causal(), Dot(), TEXT), maps(window_of(8, True), Dot(), TEXT))


@pytest.mark.row("AT28")
@pytest.mark.row("AT32")
def test_hop_overlap_is_the_penalty_of_both_papers():
    hops = maps(Full(), Dot(), TEXT)
    expected = [((a @ a.T - np.eye(8)) ** 2).sum() for a in hops.numpy()]
    np.testing.assert_allclose(hop_overlap(hops).numpy(), expected)
    assert hop_overlap(torch.eye(9)[:4]) == 0
    assert hop_overlap(torch.eye(9)[[1, 1, 2]]) == 2
    assert torch.autograd.gradcheck(hop_overlap, hops[:, :3].clone().requires_grad_())
