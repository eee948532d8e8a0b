"""Bits per character: the same for the same code whatever the tokens, with intervals that cover."""

import numpy as np
import pytest

from headwork.base.language import UNKNOWN_ID
from headwork.measure.slopes import slope
from headwork.measure.text_loss import Blocks, blocks_of, differences_to, with_intervals

TEXTS = ["abcd " * 400, "xyz" * 100]


def blocks(texts: list[str], nats_of_character: float, *, width: int = 1) -> Blocks:
    """Tokens of `width` characters, each with the same loss a character."""
    starts = [np.arange(0, len(text), width) for text in texts]
    lengths = [np.diff([*start, len(text)]) for start, text in zip(starts, texts, strict=True)]
    return blocks_of(
        texts, [np.full(len(s), 9) for s in starts], starts, [nats_of_character * each for each in lengths]
    )


def test_the_sums_are_those_of_the_text() -> None:
    found = blocks(TEXTS, 0.5, width=3)
    assert found.characters.sum() == sum(map(len, TEXTS))
    assert found.tokens.sum() == 667 + 100
    assert found.loss.bits_per_character == pytest.approx(0.5 / np.log(2))
    assert found.loss.nats == pytest.approx(0.5 * 2300 / 767)
    assert found.loss.perplexity == pytest.approx(np.exp(found.loss.nats))
    assert 35 < len(found.characters) < 50 and found.characters.min() >= 40


def test_blocks_are_of_text_and_alike_for_all_tokens() -> None:
    one, other = blocks(TEXTS, 0.5), blocks(TEXTS, 0.5, width=4)
    assert one.characters.tolist() == other.characters.tolist()
    assert one.loss.bits_per_character == pytest.approx(other.loss.bits_per_character)


def test_an_unknown_token_costs_what_spells_it() -> None:
    text = "aé" + "b" * 200
    ids = np.array([5, UNKNOWN_ID, *[6] * 200])
    found = blocks_of([text], [ids], [np.arange(202)], [np.ones(202)])
    assert found.bits.sum() == pytest.approx(202 / np.log(2) + 8 * 3)
    assert found.nats.sum() == 202


def drawn(seed: int, mean: float, count: int = 128) -> Blocks:
    bits = np.random.default_rng(seed).normal(mean * 100, 10, count)
    return Blocks(np.full(count, 100), np.full(count, 50), bits * np.log(2), bits)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    inside = 0
    for seed in range(100):
        score = with_intervals([drawn(seed, 2.0)])["bits_per_character"]
        inside += score.low <= 2.0 <= score.high
    assert 88 <= inside <= 100


def test_a_paired_difference_is_sharper_than_the_scores() -> None:
    hard = np.random.default_rng(0).normal(200, 30, 128)
    noise = np.random.default_rng(1).normal(0, 1, 128)
    one = Blocks(np.full(128, 100), np.full(128, 50), hard, hard)
    other = Blocks(np.full(128, 100), np.full(128, 50), hard + 2 + noise, hard + 2 + noise)
    gap = differences_to("one", {"one": [one], "other": [other]})["other"]
    assert gap.difference == pytest.approx((2 + noise.mean()) / 100)
    assert 0.015 < gap.low < gap.difference < gap.high < 0.025 and gap.p < 0.01
    scores = with_intervals([other])["bits_per_character"]
    assert scores.high - scores.low > 5 * (gap.high - gap.low)
    same = differences_to("one", {"one": [one], "twin": [one]})["twin"]
    assert (same.difference, same.low, same.high, same.p) == (0, 0, 0, 1)


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
@pytest.mark.row("LC12")
def test_the_slope_is_the_exponent(power) -> None:
    lengths = [16, 32, 64, 128, 256, 512]
    assert slope(lengths, [3 * length**power for length in lengths]) == pytest.approx(power)
    assert slope(lengths, [1e6 + 0 * length for length in lengths[:3]] + [length**power for length in lengths[3:]])
    assert np.isnan(slope([16], [1.0]))
