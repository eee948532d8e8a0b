"""What a run and a comparison of models that answer from passages write down, beside what `results` says of every task.

An answer is characters start to end of its passage, or none. Scores of answers are fractions in [0, 1].
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from headwork.base.results import Compared, Finished, Latency, Score, Standing


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How the test questions and their passages were read."""

    windows: int
    """that all passages were read in, counted for each question"""
    in_windows: int = 0
    """questions whose passage took more than one"""
    left_out: int = 0
    """windows that were not read, where only those most like the question are"""
    questions_cut: int = 0
    """questions that are longer than the model takes"""


class SpanRun(Finished, frozen=True, kw_only=True, tag="span"):
    """result.json of a run. `scores` are f1 and exact."""

    dev_f1: float
    scores: dict[str, float]
    threshold: float
    """what an answer must score not to be withheld"""
    abstains: bool
    """does the threshold count for questions about a passage: where some of the data's have no answer"""
    latency: Latency
    """of questions"""
    reading: Reading
    not_learnt: int = 0
    """training questions whose answer fits no window"""


class SpanStanding(Standing, frozen=True, kw_only=True):
    """One row of a comparison; scores as in `SpanRun`."""

    latency: Latency
    reading: Reading
    not_learnt: int
    thresholds: list[float]
    """of each seed; none where answers are not withheld"""


class SpanPart(msgspec.Struct, frozen=True, kw_only=True):
    """The test questions of one kind, and the F1 of each model on them."""

    name: str
    rows: int
    f1: dict[str, Score]


class Parting(msgspec.Struct, frozen=True, kw_only=True):
    """The test questions parted by something about them."""

    by: str
    parts: list[SpanPart]


Whose = Literal["", "people", "model", "both"]


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A run of characters of a passage, and whose answer it belongs to."""

    text: str
    of: Whose = ""


class SpanMistake(msgspec.Struct, frozen=True, kw_only=True):
    """A test question that a model got wrong."""

    row: int
    title: str
    question: str
    people: list[str]
    """different answers of people"""
    answer: str
    """of the model; empty where it gave none"""
    score: float | None
    """None where the model found nothing"""
    pieces: list[Piece]
    """what stands around both answers, both marked"""


class SpanComparison(Compared, frozen=True, kw_only=True, tag="span"):
    """result.json of a comparison."""

    models: Sequence[SpanStanding]
    best: str
    """the model with the highest mean F1"""
    drawn: str
    """what is drawn again for intervals: articles or passages"""
    groups: int
    """how many of them there are"""
    partings: list[Parting]
    mistakes: dict[str, list[SpanMistake]]
    """worst first, of the best two models"""
