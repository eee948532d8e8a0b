"""What a run and a comparison of models that summarise write down, beside what `results` says of every task.

A document is a list of sentences, a summary some of them or a text of its own. Scores are ROUGE F1, fractions in
[0, 1]: rouge_l, which models are ranked by, rouge_1 and rouge_2.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from headwork.base.results import Compared, Difference, Finished, Latency, Score, Standing

Words = Literal["latin", "any"]
"""what counts as a word of a summary: runs of a-z and 0-9, as the published scorer has it, or those of any script"""
BASELINE = "lead"
"""the first sentences: what a summary of news is hard put to beat"""
PLACES = 12
"""of sentences that are told apart, the last with all behind it"""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How documents were read."""

    in_windows: int = 0
    """documents longer than the model takes at once"""
    sentences_cut: int = 0
    """sentences longer than that, of which it did not see the end"""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What summaries look like, means over documents."""

    sentences: float
    """chosen; 0 where they are written anew"""
    words: float
    compression: float
    """words of the summary for each word of the document"""


class SummaryRun(Finished, frozen=True, kw_only=True, tag="summarize"):
    """result.json of a run."""

    dev_score: float
    """ROUGE-L F1"""
    scores: dict[str, float]
    sentences: int
    """of a summary, chosen on dev; 0 where it is written anew"""
    written: Written
    latency: Latency
    """of documents"""
    reading: Reading
    not_learnt: int = 0
    """training documents that no step learns from: without a sentence to choose, or with too long a summary"""


class SummaryStanding(Standing, frozen=True, kw_only=True):
    """One row of a comparison."""

    against_lead: Difference | None
    """in ROUGE-L; None where `lead` did not take part"""
    sentences: list[int]
    """of each seed"""
    written: Written
    latency: Latency
    reading: Reading
    not_learnt: int
    places: list[float]
    """shares of the chosen sentences that are first, second, … in their document; empty where none are chosen"""


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """What sentences chosen with a look at the references reach: no model, an upper bound of those that choose."""

    scores: dict[str, Score]
    written: Written
    places: list[float]


class SummarySample(msgspec.Struct, frozen=True, kw_only=True):
    """A test document, its references, and what the first seed of each model gave."""

    row: int
    sentences: list[str]
    references: list[str]
    oracle: list[int]
    chosen: dict[str, list[int]]
    """places of sentences, of the models that choose"""
    written: dict[str, str]
    """texts, of the models that write"""
    scores: dict[str, float]
    """ROUGE-L"""


class SummaryComparison(Compared, frozen=True, kw_only=True, tag="summarize"):
    """result.json of a comparison."""

    models: Sequence[SummaryStanding]
    best: str
    """the model with the highest mean ROUGE-L"""
    oracle: Bound
    references: Written
    """what people's summaries look like"""
    signature: str
    """how ROUGE was computed"""
    samples: list[SummarySample]
