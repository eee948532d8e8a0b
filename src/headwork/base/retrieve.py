"""What a run and a comparison of models of search write down, beside what `results` says of every task.

Scores are the MRR (the mean of one over the rank of what was looked for) and the shares of queries that found it among
the first 1, 5 and 10, as fractions in [0, 1]. Ranks count from 1.
"""

from collections.abc import Sequence

import msgspec

from headwork.base.results import Compared, Cut, Difference, Finished, Latency, Standing


class Indexing(msgspec.Struct, frozen=True, kw_only=True):
    """Making a library of the test side's documents."""

    documents: int
    seconds: float


class RetrieveRun(Finished, frozen=True, kw_only=True, tag="retrieve"):
    """result.json of a run. `scores` are mrr, recall_1, recall_5 and recall_10."""

    dev_score: float
    """MRR on a sample of dev, among its documents"""
    scores: dict[str, float]
    latency: Latency
    """of a query against the library"""
    indexing: Indexing
    cut: Cut
    """of the test side's queries and documents"""
    distractors: int
    """of the test query that has the fewest"""
    share: float | None = None
    """of the vectors in a mixed score, fitted on dev"""


class FoundWithin(msgspec.Struct, frozen=True, kw_only=True):
    """The share of the queries that found their document among the first k, a mean over seeds."""

    k: list[int]
    share: list[float]


class RetrieveStanding(Standing, frozen=True, kw_only=True):
    """One row of a comparison; scores as in `RetrieveRun`."""

    latency: Latency
    indexing: Indexing
    """the median over seeds"""
    cut: Cut
    found: FoundWithin
    against_bm25: Difference | None = None
    """in MRR, on the same queries; None where it took no part"""
    shares: Sequence[float] = ()
    """of each seed; none where scores are not mixed"""


class FirstFound(msgspec.Struct, frozen=True, kw_only=True):
    """What a model's first seed found for a query."""

    rank: int
    """of what was looked for"""
    first: str
    """the document that it put first; empty where that is the right one"""


class SearchExample(msgspec.Struct, frozen=True, kw_only=True):
    """A test query, chosen beforehand."""

    row: int
    query: str
    right: str
    found: dict[str, FirstFound]
    """by model"""


class RetrieveComparison(Compared, frozen=True, kw_only=True, tag="retrieve"):
    """result.json of a comparison."""

    models: Sequence[RetrieveStanding]
    best: str
    """the model with the highest mean MRR"""
    distractors: int
    """of the test query that has the fewest"""
    examples: list[SearchExample]
