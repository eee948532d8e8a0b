"""How well a text is predicted, with intervals: neighbouring tokens are not independent, so blocks of text are drawn.

    bits per character = sum over tokens of bits / characters
    bits of a token    = nats / ln 2, and for an unknown one 8 (bytes + 1) more: what spells it

The second line makes the sum the length of a code for the text, whatever its tokens are. A resample draws as many
blocks as there are, with replacement (the block bootstrap of Carlstein 1986), the same for two models that are
compared, and seeds as everywhere here (`resampling`).

Axes: n blocks, S seeds, R replicates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from headwork.base.language import UNKNOWN_ID, Loss
from headwork.base.results import Difference, Score
from headwork.measure.replicated import Gap, corrected, gap_of, score_of
from headwork.measure.resampling import seed_shares

REPLICATES = 2000
BLOCKS, FEWEST_CHARACTERS = 128, 50
"""blocks of a text, each with so many characters at least"""
SCORES = {"bits_per_character": ("bits", "characters"), "nats": ("nats", "tokens")}


@dataclass(frozen=True, eq=False)
class Blocks:
    """Sums over each of n blocks of a text."""

    characters: np.ndarray
    tokens: np.ndarray
    nats: np.ndarray
    bits: np.ndarray

    @property
    def loss(self) -> Loss:
        nats = float(self.nats.sum() / max(self.tokens.sum(), 1))
        return Loss(
            nats=nats,
            perplexity=float(np.exp(min(nats, 700.0))),
            bits_per_character=float(self.bits.sum() / max(self.characters.sum(), 1)),
        )


def blocks_of(
    documents: Sequence[str], ids: Sequence[np.ndarray], starts: Sequence[np.ndarray], nats: Sequence[np.ndarray]
) -> Blocks:
    """Of each document its text; of each of its t tokens the number, the character where it begins, and the loss.

    Blocks are of text, so that they are the same for all models; a token belongs to the block that it begins in.
    """
    width = max(FEWEST_CHARACTERS, sum(map(len, documents)) // BLOCKS)
    parts = [
        _blocks_of(text, number, start, loss, max(1, round(len(text) / width)))
        for text, number, start, loss in zip(documents, ids, starts, nats, strict=True)
    ]
    return Blocks(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _blocks_of(text: str, ids: np.ndarray, starts: np.ndarray, nats: np.ndarray, blocks: int) -> tuple[np.ndarray, ...]:
    def sums(of_what: np.ndarray) -> np.ndarray:
        return np.bincount(starts * blocks // max(len(text), 1), weights=of_what, minlength=blocks)

    bits = nats / np.log(2)
    ends = np.append(starts[1:], len(text))
    for place in np.flatnonzero(ids == UNKNOWN_ID):
        bits[place] += 8 * (len(text[starts[place] : ends[place]].encode("utf-8")) + 1)
    edges = -(-np.arange(blocks + 1) * len(text) // blocks)
    return np.diff(edges), sums(np.ones(len(ids))), sums(nats), sums(bits)


def with_intervals(seeds: Sequence[Blocks], *, seed: int = 0) -> dict[str, Score]:
    """Mean scores over S seeds with 95% intervals of the two-way bootstrap over blocks and seeds."""
    found = {}
    for name in SCORES:
        drawn = _drawn(name, seeds, np.random.default_rng(seed))
        by_seed = _scores(name, seeds, np.ones((1, len(seeds[0].nats))))[0]
        found[name] = score_of(by_seed, drawn)
    return found


def differences_to(reference: str, models: Mapping[str, Sequence[Blocks]], *, seed: int = 0) -> dict[str, Difference]:
    """Bits per character of each model minus those of `reference`: the same blocks are drawn for both."""
    theirs = models[reference]
    return corrected(
        reference, {name: _paired(ours, theirs, seed) for name, ours in models.items() if name != reference}
    )


def _paired(ours: Sequence[Blocks], theirs: Sequence[Blocks], seed: int) -> Gap:
    name, generator = "bits_per_character", np.random.default_rng(seed)
    counts = _counts(len(ours[0].nats), generator)
    drawn = _drawn(name, ours, generator, counts) - _drawn(name, theirs, generator, counts)
    whole = np.ones((1, len(ours[0].nats)))
    return gap_of(drawn, float(_scores(name, ours, whole).mean() - _scores(name, theirs, whole).mean()))


def _counts(blocks: int, generator: np.random.Generator) -> np.ndarray:
    """(R, n) how often each block is drawn."""
    return generator.multinomial(blocks, np.full(blocks, 1 / blocks), size=REPLICATES).astype(np.float64)


def _drawn(
    name: str, seeds: Sequence[Blocks], generator: np.random.Generator, counts: np.ndarray | None = None
) -> np.ndarray:
    """(R,) scores of resamples, a mean over seeds that are drawn too."""
    counts = _counts(len(seeds[0].nats), generator) if counts is None else counts
    return (_scores(name, seeds, counts) * seed_shares(len(seeds), len(counts), generator)).sum(1)


def _scores(name: str, seeds: Sequence[Blocks], counts: np.ndarray) -> np.ndarray:
    """(R, S) ratios of sums over (R, n) counts of blocks."""
    over, under = SCORES[name]
    return np.stack([counts @ getattr(each, over) / (counts @ getattr(each, under)) for each in seeds], 1)
