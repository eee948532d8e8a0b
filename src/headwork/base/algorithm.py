"""What a run and a comparison of learners of algorithms write down, beside what `results` says of every task.

Scores of answers are fractions in [0, 1]; `bits` is what it takes to code the answers of an example, as in the curves
of Graves, Wayne and Danihelka 2014, and for numbers the squared error.
"""

from collections.abc import Sequence

import msgspec

from headwork.base.results import Compared, Finished, Score, Standing


class AlgorithmRun(Finished, frozen=True, kw_only=True, tag="algorithm"):
    """result.json of a run."""

    dev_accuracy: float
    accuracy: float
    """mean score of the test examples"""
    whole: float
    """share of the test examples without a mistake"""
    bits: float
    found: float | None = None
    """share of the examples whose greatest weights lie where the answer rests, of models that attend"""


class LengthScore(msgspec.Struct, frozen=True, kw_only=True):
    """The test examples of one length."""

    length: int
    rows: int
    trained: bool
    """are there examples of this length in training"""
    score: Score
    whole: float
    thoughts: float | None = None
    """about a step, of models that choose how often they think"""


class AlgorithmStanding(Standing, frozen=True, kw_only=True):
    """One row of a comparison; scores are accuracy, whole and bits."""

    lengths: list[LengthScore]
    found: float | None = None


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """An answerer that does not learn, on the same test examples."""

    name: str
    does: str
    accuracy: float
    bits: float | None
    lengths: dict[int, float]
    """its score by length"""


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """Where a model looked while it worked on one test example: weights in [0, 1]."""

    example: str
    what: str
    """read, write, attention, …"""
    weights: list[list[float]]
    """a row for each step of the example"""


class Looks(msgspec.Struct, frozen=True, kw_only=True):
    """looks.json of a run."""

    maps: list[Looked]


class AlgorithmComparison(Compared, frozen=True, kw_only=True, tag="algorithm"):
    """result.json of a comparison."""

    models: Sequence[AlgorithmStanding]
    best: str
    """the model with the highest mean score"""
    baselines: list[Baseline]
    title: str
    """what is asked"""
    unit: str
    """what a length counts"""
    score: str
    """what the score of an example is"""
    answers: str
