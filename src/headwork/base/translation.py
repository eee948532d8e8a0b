"""What a run and a comparison of translators write down, beside what `results` says of every task.

BLEU and chrF are in points from 0 to 100, as they are published; their signatures say how they were computed.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from headwork.base.results import Compared, Difference, Finished, Standing

BASELINE: Literal["rnn"] = "rnn"
"""the model without attention"""


class HeadUse(msgspec.Struct, frozen=True, kw_only=True):
    """How one head of attention spreads its weights, a mean over the rows of some test pairs."""

    layer: str
    head: int
    """counted from 1"""
    entropy: float
    """nats"""
    share: float
    """of the tokens that a row may look at, those with a weight above 0"""
    alpha: float | None = None
    """of entmax, where the head has learned it"""


class Writing(msgspec.Struct, frozen=True, kw_only=True):
    """How translations of the test side were written, and how fast."""

    beam: int
    length_penalty: float
    seconds: float
    tokens_per_second: float


class TranslationRun(Finished, frozen=True, kw_only=True, tag="translate"):
    """result.json of a run of a translator."""

    dev_loss: float
    """nats for each token"""
    bleu: float
    chrf: float
    signatures: dict[str, str]
    writing: Writing
    trained_tokens_per_second: float
    in_pieces: int
    """test texts that are longer than the model takes"""
    left_out: int
    """training pairs with a side that is longer than the model takes"""
    heads: tuple[HeadUse, ...] = ()


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """Where a model looked while it wrote its translation of one test sentence."""

    row: int
    source: list[str]
    target: list[str]
    weights: list[list[float]]
    """a row for each token of the target"""
    picture: bytes | None = None
    """a PNG, where the source is one; its weights are of the places of a square grid, in raster order"""


class Alignments(msgspec.Struct, frozen=True, kw_only=True):
    """alignments.json of a run."""

    pairs: list[Drawn]


class LengthPoint(msgspec.Struct, frozen=True, kw_only=True):
    """BLEU on the test sentences whose source has from `shortest` to `longest` words."""

    shortest: int
    longest: int
    rows: int
    bleu: float
    low: float
    high: float


class LengthGap(msgspec.Struct, frozen=True, kw_only=True):
    """BLEU minus that of the model without attention, on the test sentences of such a length."""

    shortest: int
    longest: int
    gap: Difference


class TranslationStanding(Standing, frozen=True, kw_only=True):
    """One row of a comparison of translators."""

    writing: Writing
    trained_tokens_per_second: float
    in_pieces: int
    left_out: int
    lengths: list[LengthPoint]
    against_baseline: Difference | None = None
    """in BLEU; None where the model without attention did not take part"""
    gaps: tuple[LengthGap, ...] = ()
    """the same by length"""
    heads: tuple[HeadUse, ...] = ()
    """of the first seed"""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A test sentence, its reference, and what the first seed of each model wrote."""

    row: int
    source: str
    """nothing, where it is a picture"""
    picture: bytes | None = None
    """a PNG"""
    reference: str
    written: dict[str, str]


class TranslationComparison(Compared, frozen=True, kw_only=True, tag="translate"):
    """result.json of a comparison of translators."""

    models: Sequence[TranslationStanding]
    best: str
    """the model with the highest mean BLEU"""
    signatures: dict[str, str]
    samples: list[Sample]
