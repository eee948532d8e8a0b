"""What a run and a comparison of models of text pairs write down, beside what `results` says of every task.

The target of a pair is a class or a score (a number). Where it is a score, correlations are between -1 and 1, and what
belongs to classes (calibration, confusion) is absent.
"""

from collections.abc import Sequence

import msgspec

from headwork.base.results import Calibrated, ClassScore, Compared, Cut, Finished, Latency, Standing


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of the answers when one side of each test pair is taken from another pair."""

    moved: float
    """share of the answers that change"""
    score: float
    """accuracy, or Spearman's correlation, that is left"""


class Exchanges(msgspec.Struct, frozen=True, kw_only=True):
    first: Exchange
    second: Exchange


class PairRun(Finished, frozen=True, kw_only=True, tag="pair"):
    """result.json of a run. `scores` are accuracy and macro_f1, or spearman and pearson."""

    dev_score: float
    """accuracy, or Spearman's correlation"""
    scores: dict[str, float]
    temperature: float
    latency: Latency
    """of pairs"""
    cut: Cut
    exchanges: Exchanges


class DrawnPair(msgspec.Struct, frozen=True, kw_only=True):
    """Where a model looked in both directions in one test pair."""

    row: int
    target: str
    predicted: str
    first: list[str]
    """tokens"""
    second: list[str]
    of_first: list[list[float]]
    """for each token of the first text its weights over the second"""
    of_second: list[list[float]]
    """for each token of the second text its weights over the first"""


class PairMaps(msgspec.Struct, frozen=True, kw_only=True):
    """maps.json of a run."""

    pairs: list[DrawnPair]


class PairStanding(Standing, frozen=True, kw_only=True):
    """One row of a comparison; scores as in `PairRun`."""

    latency: Latency
    cut: Cut
    exchanges: Exchanges
    """a mean over the seeds"""
    calibrated: Calibrated | None = None


class PairMistake(msgspec.Struct, frozen=True, kw_only=True):
    """A test pair that a model got wrong, and what it answered."""

    row: int
    first: str
    second: str
    target: str
    predicted: str
    """with its probability, where it is a class"""


class PairComparison(Compared, frozen=True, kw_only=True, tag="pair"):
    """result.json of a comparison."""

    models: Sequence[PairStanding]
    best: str
    """the model with the highest mean accuracy, or Spearman's correlation"""
    confusion: list[list[int]]
    """of the best model's first seed: rows are true classes, columns predicted ones; empty for scores"""
    per_class: list[ClassScore]
    mistakes: dict[str, list[PairMistake]]
    """worst first, of the best two models"""

    @property
    def score(self) -> str:
        """The score that models are ranked by."""
        return "accuracy" if self.data.classes else "spearman"
