"""Two-way attention: held to loops written out, to exchanged texts, to padding; mistakes that are planted are found."""

import math

import pytest
import torch
from torch import Tensor

from headwork.attention import two_way
from headwork.attention.layout import Padded
from headwork.attention.mechanism import scores
from headwork.attention.normalisers import Sparsemax
from headwork.attention.record import record
from headwork.attention.scores import Additive, Dot, General
from headwork.attention.two_way import Both, Text, TwoWayAttention

pytestmark = pytest.mark.row("AT30")

LENGTHS = [(3, 5), (1, 1), (4, 2), (6, 6), (2, 7)]
SCORES = {"dot": Dot(), "general": General(1, 4).double(), "additive": Additive(1, 4).double()}


def texts(lengths: list[tuple[int, int]], *, seed: int = 0, whole: bool = False) -> tuple[Text, Text]:
    """Random texts of width 4, mixed from values of width 3; `whole` numbers make products exact."""
    generator = torch.Generator().manual_seed(seed)
    sides = []
    for own in zip(*lengths, strict=True):
        parts = [torch.randn(sum(own), width, generator=generator, dtype=torch.float64) for width in (4, 3)]
        sides.append(Text(*((2 * part).round() if whole else part for part in parts), own))
    return sides[0], sides[1]


def softmax(row: list[float]) -> list[float]:
    powers = [math.exp(value - max(row)) for value in row]
    return [power / sum(powers) for power in powers]


def by_loops(first: Tensor, second: Tensor, first_values: Tensor, second_values: Tensor) -> tuple[list, ...]:
    """Both maps and both alignments of one pair of texts under the dot product, from Parikh's equations 1 and 2."""
    a, b = first.tolist(), second.tolist()
    e = [[sum(x * y for x, y in zip(one, other, strict=True)) for other in b] for one in a]
    of_first = [softmax(row) for row in e]
    of_second = [softmax([row[j] for row in e]) for j in range(len(b))]
    mixed = [
        [
            [sum(weight * value[d] for weight, value in zip(row, values.tolist(), strict=True)) for d in range(3)]
            for row in weights
        ]
        for weights, values in ((of_first, second_values), (of_second, first_values))
    ]
    return of_first, of_second, *mixed


def maps_and_output(module: TwoWayAttention, first: Text, second: Text) -> tuple[list[Both], Both]:
    with record(module) as tape:
        output = module(first, second)
    there, back = tape.layers
    return [Both(tape.map(there, 0, pair), tape.map(back, 0, pair)) for pair in range(len(first.lengths))], output


def scores_of(module: TwoWayAttention, first: Text, second: Text) -> Tensor:
    """(B, 1, Q, K), minus infinity where either is padding."""
    layout = Padded(second.lengths, first.lengths)
    where = layout.where(first.rectangles()[0], second.rectangles()[0], 1.0)
    return scores(module.mechanism, where, layout.present(where))


def check_against_loops() -> None:
    first, second = texts(LENGTHS)
    maps, output = maps_and_output(TwoWayAttention(), first, second)
    sides = [
        [part.split(list(side.lengths)) for part in (side.compared, side.mixed, out)]
        for side, out in zip((first, second), output, strict=True)
    ]
    for pair, found in enumerate(maps):
        (a, u, beta), (b, v, alpha) = ([part[pair] for part in side] for side in sides)
        expected = [torch.tensor(each, dtype=torch.float64) for each in by_loops(a, b, u, v)]
        for ours, theirs in zip((found.first, found.second, beta, alpha), expected, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


def test_maps_and_alignments_are_those_of_loops_written_out():
    check_against_loops()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda e: (e.softmax(-2), e.transpose(-1, -2).softmax(-1)),
        lambda e: (e.softmax(-1), e.softmax(-1).transpose(-1, -2)),
    ],
    ids=["over the wrong axis", "one map for both directions"],
)
def test_a_planted_mistake_is_caught(monkeypatch, wrong):
    def mistaken(mechanism, where, present=None):
        return Both(*(each.nan_to_num(0.0) for each in wrong(two_way.scores(mechanism, where, present))))

    monkeypatch.setattr(two_way, "both_ways", mistaken)
    # The recorder computes the maps again and refuses an output that is not theirs.
    with pytest.raises(Exception, match=r"does not give the output|not close"):
        check_against_loops()


@pytest.mark.parametrize("name", SCORES)
def test_rows_sum_to_one(name):
    maps, _ = maps_and_output(TwoWayAttention(SCORES[name]), *texts(LENGTHS))
    for found in maps:
        for each in found:
            torch.testing.assert_close(each.sum(-1), torch.ones(len(each), dtype=torch.float64))
            assert (each >= 0).all()


def test_exchanged_texts_transpose_the_scores_and_exchange_the_maps_to_the_bit():
    """With whole numbers every product is exact, so that nothing may differ at all."""
    first, second = texts(LENGTHS, whole=True)
    module = TwoWayAttention()
    maps, output = maps_and_output(module, first, second)
    swapped, swapped_output = maps_and_output(module, second, first)
    for found, turned in zip(maps, swapped, strict=True):
        assert torch.equal(found.first, turned.second) and torch.equal(found.second, turned.first)
    assert torch.equal(output.first, swapped_output.second) and torch.equal(output.second, swapped_output.first)
    one, other = (scores_of(module, *sides) for sides in ((first, second), (second, first)))
    assert torch.equal(one, other.transpose(-1, -2))


@pytest.mark.parametrize("name", SCORES)
def test_padding_changes_nothing(name):
    """Alone a pair has no padding; beside a longer one it has."""
    first, second = texts(LENGTHS)
    module = TwoWayAttention(SCORES[name])
    together = module(first, second)
    for pair in range(len(LENGTHS)):
        alone = [
            Text(*(part.split(list(side.lengths))[pair] for part in side[:2]), (side.lengths[pair],))
            for side in (first, second)
        ]
        for ours, whole, side in zip(module(*alone), together, (first, second), strict=True):
            torch.testing.assert_close(whole.split(list(side.lengths))[pair], ours, rtol=0, atol=1e-12)


def test_a_text_without_tokens_is_answered_with_zeros():
    first, second = texts([(3, 0), (0, 2), (0, 0), (2, 2)])
    output = TwoWayAttention()(first, second)
    assert torch.equal(output.first[:3], torch.zeros(3, 3, dtype=torch.float64))
    assert torch.equal(output.second[:2], torch.zeros(2, 3, dtype=torch.float64))
    assert output.first.isfinite().all() and output.second[2:].any()


def test_scores_are_computed_once(monkeypatch):
    calls = []
    compute = two_way.scores
    monkeypatch.setattr(two_way, "scores", lambda *given: (calls.append(1), compute(*given))[1])
    TwoWayAttention()(*texts(LENGTHS))
    assert calls == [1]


def test_sparse_maps_hold_zeros_and_sum_to_one():
    maps, _ = maps_and_output(TwoWayAttention(normaliser=Sparsemax()), *texts(LENGTHS))
    assert any((each == 0).any() for found in maps for each in found)
    for found in maps:
        torch.testing.assert_close(found.second.sum(-1), torch.ones(len(found.second), dtype=torch.float64))


@pytest.mark.parametrize("name", SCORES)
def test_gradients_are_those_of_differences(name):
    lengths = [(2, 3), (1, 2)]
    first, second = texts(lengths)
    module = TwoWayAttention(SCORES[name])
    given = [part.clone().requires_grad_() for side in (first, second) for part in side[:2]]

    def run(*parts: Tensor) -> tuple[Tensor, Tensor]:
        return tuple(module(Text(*parts[:2], first.lengths), Text(*parts[2:], second.lengths)))

    assert torch.autograd.gradcheck(run, given)
