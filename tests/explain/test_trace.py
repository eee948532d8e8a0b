"""Attention in numbers: against hand computation, the published walk-through, numpy and `attention.mechanism`."""

import math
from collections.abc import Iterator
from itertools import cycle, product

import numpy as np
import pytest
import torch

from headwork.attention.choice import AXES, Choice
from headwork.attention.mechanism import Mechanism, dense
from headwork.attention.scopes import Causal
from headwork.attention.scores import Dot, ScaledDot
from headwork.attention.where import Where
from headwork.base.errors import HeadworkError
from headwork.explain.formulas import OF_NORMALISERS, OF_SCORES
from headwork.explain.rows import rows
from headwork.explain.trace import as_text, trace
from headwork.explain.worked import MECHANISMS, decoded, worked


def softmax(scores) -> np.ndarray:
    """The oracle: numpy, row by row."""
    powers = np.exp(np.asarray(scores, dtype=float))
    return powers / powers.sum(-1, keepdims=True)


def inside_hull(context: torch.Tensor, value: torch.Tensor) -> bool:
    """Between the least and the greatest value in each coordinate, up to rounding."""
    low, high = value.amin(0) - 1e-12, value.amax(0) + 1e-12
    return bool(((context >= low) & (context <= high)).all())


@pytest.mark.row("AT29")
def test_the_published_walk_through_gives_its_published_numbers() -> None:
    traced = worked("self-attention", Choice()).trace
    assert traced.key.tolist() == [[0, 1, 1], [4, 4, 0], [2, 3, 1]]
    assert traced.value.tolist() == [[1, 2, 3], [2, 8, 0], [2, 6, 3]]
    assert traced.query.tolist() == [[1, 0, 2], [2, 2, 2], [2, 1, 3]]
    assert traced.scores[0].tolist() == [2, 4, 4]
    weights = softmax([[2, 4, 4], [4, 16, 12], [4, 12, 10]])
    np.testing.assert_allclose(traced.weights.numpy(), weights, atol=1e-12)
    np.testing.assert_allclose(traced.context.numpy(), weights @ [[1, 2, 3], [2, 8, 0], [2, 6, 3]], atol=1e-12)


@pytest.mark.row("AT29")
def test_the_walk_through_prints_each_step() -> None:
    text = str(worked("self-attention", Choice()))
    titles = ("Inputs", "W_q", "W_k", "W_v", "Queries", "Keys", "Values", "Scores", "Scores with bias and mask")
    numbered = [line for line in text.splitlines() if line[:1].isdigit()]
    for number, title in enumerate((*titles, "Weights", "Products", "Context vectors"), 1):
        assert numbered[number - 1].startswith(f"{number}. {title}")
    # e^2 and twice e^4: 0.063, 0.468, 0.468 by hand.
    assert "   x1  0.063  0.468  0.468  1.000" in text.splitlines()
    assert "   x1  1.937  6.683  1.595" in text.splitlines()


@pytest.mark.row("AT05")
def test_the_decoder_asks_three_encoder_states() -> None:
    traced = worked("decoder", Choice()).trace
    assert traced.scores.tolist() == [[1, 2, 3]]
    a, b, c = (math.exp(score) / (math.exp(1) + math.exp(2) + math.exp(3)) for score in (1, 2, 3))
    assert traced.weights[0].tolist() == pytest.approx([a, b, c], abs=1e-12)
    assert traced.weights.sum().item() == pytest.approx(1)
    # The annotations are (1, 0, 0), (0, 2, 0) and (1, 0, 2).
    assert traced.products[0].tolist() == [
        pytest.approx([a, 0, 0]),
        pytest.approx([0, 2 * b, 0]),
        pytest.approx([c, 0, 2 * c]),
    ]
    assert traced.context[0].tolist() == pytest.approx([a + c, 2 * b, 2 * c], abs=1e-12)
    assert inside_hull(traced.context, traced.value)


@pytest.mark.row("AT05")
def test_the_decoder_writes_a_word() -> None:
    context, state = np.array([[0.7553, 0.4894, 1.3305]]), np.ones((1, 3))
    attentional, chances = decoded(torch.tensor(context), torch.tensor(state))
    np.testing.assert_allclose(attentional.numpy(), np.tanh(context - state), atol=1e-12)
    np.testing.assert_allclose(chances.numpy(), softmax(2 * np.tanh(context - state)), atol=1e-12)
    assert "the word is 'student'" in str(worked("decoder", Choice()))


def test_scaling_bias_and_mask_by_hand() -> None:
    query, key = torch.tensor([[2.0, 0, 0, 0], [0, 2, 0, 0]]).double(), torch.eye(2, 4).double() * 2
    value = torch.tensor([[1.0], [3.0]]).double()
    traced = trace(Mechanism(ScaledDot(), (), Causal()), query, key, value, queries=("a", "b"), keys=("a", "b"))
    assert traced.scores.tolist() == [[2, 0], [0, 2]]
    assert traced.masked.tolist() == [[2, -math.inf], [0, 2]]
    late = math.exp(2) / (1 + math.exp(2))
    assert traced.weights.tolist() == [[1, 0], pytest.approx([1 - late, late])]
    assert traced.context.tolist() == [[1], pytest.approx([1 - late + 3 * late])]
    assert "-inf" in as_text(traced)


@pytest.mark.parametrize("name", MECHANISMS)
@pytest.mark.parametrize("words", [(), "the cat sat on the mat".split()], ids=["own inputs", "words"])
def test_weights_sum_to_one_and_context_lies_between_the_values(name: str, words: list[str]) -> None:
    traced = worked(name, MECHANISMS[name], words=words).trace
    if name != "luong-local-p":  # its Gaussian factor is not normalised again, as in the paper
        np.testing.assert_allclose(traced.weights.sum(1).numpy(), 1, atol=1e-6)
        assert inside_hull(traced.context, traced.value)
    torch.testing.assert_close(traced.products.sum(1), traced.context, rtol=0, atol=1e-6)


NEEDED = {
    "window": "window:1",
    "local-m": "local-m:1",
    "local-p": "local-p:2",
    "local-p*": "local-p*:2",
    "local-1d": "local-1d:2,1",
    "local-2d": "local-2d:2,2,1,1",
    "strided": "strided:2",
    "fixed": "fixed:2",
    "dilated": "dilated:1,2",
    "global": "global:0,2",
    "blocks": "blocks:2",
    "random": "random:1,0.5",
    "prefix": "prefix:2",
    "document": "document:0,0,1,1",
    "hashed": "hashed:2",
    "routed": "routed:2",
    "shaw": "shaw:1",
}


POSITIONS = [(), *((NEEDED.get(name, name),) for name in AXES["positions"])]


def choices() -> Iterator[Choice]:
    """Every score with every scope, the other axes taking turns."""
    normalisers, positions = cycle(AXES["normalisers"]), cycle(POSITIONS)
    for score, scope in product(AXES["scores"], AXES["scopes"]):
        normaliser = next(normalisers)
        if normaliser == "proportional":  # of scores that are not below zero
            score = "features"
        yield Choice(score, (NEEDED.get(scope, scope),), normaliser, next(positions))


@pytest.mark.parametrize("choice", list(choices()), ids=str)
def test_steps_are_those_of_the_mechanism(choice: Choice) -> None:
    shown = worked("transformer", choice, words=["one", "two", "three", "four"])
    traced, mechanism = shown.trace, shown.trace.mechanism
    drawn = torch.randint(-1, 3, (3, 4, 4), generator=torch.Generator().manual_seed(0)).double()[:, None, None]
    where = Where.of(drawn[0], drawn[1], scale=mechanism.score.scale(4))
    expected = dense(mechanism, drawn[2], where)
    torch.testing.assert_close(traced.weights, expected.weights[0, 0], rtol=0, atol=1e-12)
    torch.testing.assert_close(traced.context, expected.output[0, 0], rtol=0, atol=1e-12)
    assert "Context vectors" in str(shown)


def test_every_score_and_normaliser_has_its_formula() -> None:
    assert list(OF_SCORES) == list(AXES["scores"])
    assert list(OF_NORMALISERS) == list(AXES["normalisers"])


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (Choice(score="dott"), "expected one of dot"),
        (Choice(score="dot:3"), "fewer settings"),
        (Choice(scope=("window",)), "needs back"),
        (Choice(scope=("window:-1",)), "0 or more"),
        (Choice(scope=("strided:0",)), "change its numbers"),
        (Choice(score="cosine:inf"), "not finite"),
        (Choice(normaliser="entmax:soft"), "expected a number"),
        (Choice(normaliser="entmax:3"), "at most 2"),
        (Choice(normaliser="top-k:1.5"), "whole number"),
        (Choice(normaliser="hard:soft"), "straight-through"),
        (Choice(position=("rotary",)), "even width"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_in_one_line(choice: Choice, told: str) -> None:
    with pytest.raises(HeadworkError, match=told) as error:
        worked("self-attention", choice)
    assert "\n" not in str(error.value)


def test_settings_reach_their_part() -> None:
    chosen = Choice("cosine:3", ("window:1,0", "causal"), "top-k:2", ("rotary:100",)).mechanism(width=4, keys=3)
    assert chosen.score.beta == 3
    assert chosen.scope.parts[0].back == 1 and chosen.scope.parts[0].ahead == 0
    assert chosen.normaliser.k == 2
    assert chosen.position[0].base == 100
    assert Choice("scaled-dot").mechanism(width=4, keys=3).score == ScaledDot()


def test_shapes_that_do_not_fit_and_texts_that_are_long_are_refused() -> None:
    with pytest.raises(HeadworkError, match=r"found query \(2, 3\)"):
        trace(Mechanism(Dot()), torch.zeros(2, 3), torch.zeros(3, 3), torch.zeros(2, 3))
    with pytest.raises(HeadworkError, match="17 words"):
        worked("decoder", Choice(), words=["word"] * 17)


def test_a_repeated_word_has_the_same_vectors_and_the_seed_decides() -> None:
    words = ["the", "cat", "the"]
    first, again, other = (worked("transformer", Choice(), words=words, seed=seed).trace for seed in (0, 0, 1))
    assert first.key[0].tolist() == first.key[2].tolist()
    assert torch.equal(first.query, again.query) and not torch.equal(first.query, other.query)


def test_rows_are_aligned_also_for_wide_letters_and_many_columns() -> None:
    table = rows(torch.tensor([[0.5, 0.0], [-12.25, 1.0]]), ("中文", "a\x1b[31m"), ("one", "two"))
    assert table.splitlines() == [
        "                      one    two",
        "   中文             0.500  0",
        "   a[U+001B][31m  -12.250  1.000",
    ]
    many = rows(torch.rand(2, 40), ("a", "b"), [f"column{place}" for place in range(40)])
    assert max(map(len, many.splitlines())) <= 100
    assert many.count("column") == 40
